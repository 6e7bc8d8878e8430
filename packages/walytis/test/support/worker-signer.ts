import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { publicKeyFromRaw } from '@libp2p/crypto/keys'
import type { AbortOptions, PublicKey } from '@libp2p/interface'
import type { Signer } from '../../src/interface/index.ts'

/** Thrown when the thread did not like what it was given, or is gone. */
export class SigningRefusedError extends Error {
  override readonly name = 'SigningRefusedError'
}

interface Answer {
  readonly request: number
  readonly signature?: Uint8Array
}

/** A signer whose key lives in another thread. `hold` makes it wait, like a device whose button is to be pressed. */
export class WorkerSigner implements Signer {
  readonly publicKey: PublicKey
  readonly #worker: Worker
  readonly #waiting = new Map<number, PromiseWithResolvers<Uint8Array>>()
  #requests = 0
  #isGone = false
  #gate: Promise<void> = Promise.resolve()

  private constructor(worker: Worker, publicKey: PublicKey) {
    this.#worker = worker
    this.publicKey = publicKey
    worker.on('message', ({ request, signature }: Answer) => {
      const waiting = this.#waiting.get(request)
      this.#waiting.delete(request)
      if (signature === undefined) waiting?.reject(new SigningRefusedError('the key does not sign this'))
      else waiting?.resolve(signature)
    })
    worker.on('exit', () => {
      this.#isGone = true
      for (const { reject } of this.#waiting.values()) reject(new SigningRefusedError('the key is gone'))
    })
  }

  static async start(): Promise<WorkerSigner> {
    const worker = new Worker(new URL('./signer-worker.ts', import.meta.url))
    const [{ publicKey }] = (await once(worker, 'message')) as [{ publicKey: Uint8Array }]
    return new WorkerSigner(worker, publicKeyFromRaw(publicKey))
  }

  /** Until the returned function is called nothing is signed. */
  hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#gate = promise
    return resolve
  }

  async sign(bytes: Uint8Array, { signal }: AbortOptions = {}): Promise<Uint8Array> {
    const aborted = Promise.withResolvers<never>()
    const abort = (): void => aborted.reject(signal?.reason)
    signal?.addEventListener('abort', abort, { once: true })
    try {
      return await Promise.race([this.#gate.then(() => this.#request(bytes)), aborted.promise])
    } finally {
      signal?.removeEventListener('abort', abort)
    }
  }

  async stop(): Promise<void> {
    await this.#worker.terminate()
  }

  async #request(bytes: Uint8Array): Promise<Uint8Array> {
    if (this.#isGone) throw new SigningRefusedError('the key is gone')
    const request = ++this.#requests
    const waiting = Promise.withResolvers<Uint8Array>()
    this.#waiting.set(request, waiting)
    this.#worker.postMessage({ request, bytes })
    return await waiting.promise
  }
}
