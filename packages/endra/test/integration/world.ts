/**
 * Real nodes on 127.0.0.1, each with a store of its own on disk: what the integration tests play in. Everything is stopped and removed at
 * the end, whatever happened.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEndra, type Endra, type EndraInit } from '../../src/index.ts'

/** How long a test waits for something that takes milliseconds when all is well. */
const PATIENCE_MS = 20_000

/** The nodes of one test. */
export class World implements AsyncDisposable {
  readonly #folder: string
  readonly #nodes = new Map<string, Endra>()

  private constructor(folder: string) {
    this.#folder = folder
  }

  static async create(): Promise<World> {
    return new World(await mkdtemp(join(tmpdir(), 'endra-test-')))
  }

  /** Where a node's store lies. */
  folderOf(name: string): string {
    return join(this.#folder, name)
  }

  /** Start a node: anew, or again on the store that it left. */
  async start(name: string, init: Partial<EndraInit> = {}): Promise<Endra> {
    const endra = await createEndra({
      storage: this.folderOf(name),
      key: keyOf(name),
      listen: ['/ip4/127.0.0.1/tcp/0'],
      discovery: { mdns: false },
      libp2p: { connectionManager: { inboundConnectionThreshold: 1_000 } },
      ...init
    })
    this.#nodes.set(name, endra)
    return endra
  }

  async stop(name: string): Promise<void> {
    await this.#nodes.get(name)?.stop()
    this.#nodes.delete(name)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled([...this.#nodes.values()].map((node) => node.stop()))
    await rm(this.#folder, { recursive: true, force: true })
  }
}

/** A raw key for the store of a node, so that tests don't spend their time on Argon2id. */
export function keyOf(name: string): Uint8Array {
  return new Uint8Array(32).fill(name.length).fill(name.charCodeAt(0), 0, 16)
}

/**
 * The detail of the next event of a type that `accept` accepts. Ask before what causes it.
 *
 * @throws {Error} named `NoEventError`, when it does not come
 */
export function next<T>(target: EventTarget, type: string, accept: (detail: T) => boolean = () => true): Promise<T> {
  return new Promise((resolve, reject) => {
    const settled = new AbortController()
    const patience = setTimeout(() => {
      settled.abort()
      reject(new NoEventError(type))
    }, PATIENCE_MS)
    const listener = (event: Event): void => {
      const { detail } = event as CustomEvent<T>
      if (!accept(detail)) return
      clearTimeout(patience)
      settled.abort()
      resolve(detail)
    }
    target.addEventListener(type, listener, { signal: settled.signal })
  })
}

/** Thrown when an event that a test waits for does not come. */
class NoEventError extends Error {
  override readonly name = 'NoEventError'

  constructor(type: string) {
    super(`no event of type ${type} came within ${PATIENCE_MS / 1000} s`)
  }
}

/** Everything that an async iterable gives. */
export async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = []
  for await (const item of source) items.push(item)
  return items
}
