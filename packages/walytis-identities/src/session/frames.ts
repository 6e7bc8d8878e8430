import { nextKey, seal, unseal } from './key-schedule.ts'

/**
 * Encrypted frames in one direction of a channel. A counter is the nonce, so a frame that was injected, changed, reordered, replayed or
 * left out doesn't open, nor does anything after it. An end is said, never implied.
 *
 * Plaintext: one byte that says what it is, then the payload.
 */

export type Frame =
  | { readonly kind: 'message'; readonly payload: Uint8Array }
  /** What follows is under the next key. */
  | { readonly kind: 'rekey' }
  /** Nothing follows. */
  | { readonly kind: 'end' }

const KINDS = ['message', 'rekey', 'end'] as const

/** Bytes that a frame is longer than its payload. */
export const FRAME_OVERHEAD = 1 + 16

/** When a sender changes to the next key. */
export interface RekeyLimits {
  /** Bytes sealed under one key. */
  readonly bytes: number
  /** Milliseconds from a key's first frame. */
  readonly time: number
}

const REKEY_LIMITS: RekeyLimits = { bytes: 1024 ** 3, time: 10 * 60 * 1000 }

/** The sending side. Owns its key: nobody else may use it. */
export class FrameSealer {
  #key: Uint8Array
  #counter = 0
  #bytes = 0
  #since: number | undefined
  readonly #limits: RekeyLimits
  readonly #now: () => number

  constructor(key: Uint8Array, now: () => number, limits: RekeyLimits = REKEY_LIMITS) {
    this.#key = key.slice()
    this.#now = now
    this.#limits = limits
  }

  /** The frames that carry it: the frame itself, before it a `rekey` when one is due. */
  seal(frame: Frame): Uint8Array[] {
    const frames: Uint8Array[] = []
    if (this.#due()) {
      frames.push(this.#sealOne({ kind: 'rekey' }))
      this.#key = replaced(this.#key)
      this.#counter = 0
      this.#bytes = 0
      this.#since = undefined
    }
    frames.push(this.#sealOne(frame))
    return frames
  }

  erase(): void {
    this.#key.fill(0)
  }

  #sealOne(frame: Frame): Uint8Array {
    const payload = frame.kind === 'message' ? frame.payload : new Uint8Array()
    const plaintext = new Uint8Array(1 + payload.length)
    plaintext[0] = KINDS.indexOf(frame.kind)
    plaintext.set(payload, 1)
    this.#since ??= this.#now()
    this.#bytes += plaintext.length
    return seal(this.#key, this.#counter++, plaintext)
  }

  #due(): boolean {
    // a clock that was set back tells nothing of the key's age: then it is time as well
    const age = this.#since === undefined ? 0 : this.#now() - this.#since
    return this.#bytes >= this.#limits.bytes || age >= this.#limits.time || age < 0
  }
}

/** The receiving side. After one frame that doesn't open, none does. */
export class FrameOpener {
  #key: Uint8Array
  #counter = 0
  #over = false

  constructor(key: Uint8Array) {
    this.#key = key.slice()
  }

  /** @returns undefined when the bytes are not the next frame */
  open(bytes: Uint8Array): Frame | undefined {
    const plaintext = this.#over ? undefined : unseal(this.#key, this.#counter, bytes)
    const frame = plaintext === undefined ? undefined : readFrame(plaintext)
    if (frame === undefined) {
      this.#over = true
      return undefined
    }
    this.#counter++
    if (frame.kind === 'rekey') {
      this.#key = replaced(this.#key)
      this.#counter = 0
    }
    this.#over = frame.kind === 'end'
    return frame
  }

  erase(): void {
    this.#over = true
    this.#key.fill(0)
  }
}

function readFrame(plaintext: Uint8Array): Frame | undefined {
  const kind = KINDS[plaintext[0] ?? KINDS.length]
  if (kind === 'message') {
    return { kind, payload: plaintext.subarray(1) }
  }
  return kind === undefined || plaintext.length !== 1 ? undefined : { kind }
}

function replaced(key: Uint8Array): Uint8Array {
  const next = nextKey(key)
  key.fill(0)
  return next
}
