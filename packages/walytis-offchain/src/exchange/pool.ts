import type { Did } from 'walytis-identities'
import { POOL, POOL_AGE, POOL_PER_DEVICE } from './limits.ts'

/** An envelope that came before its block. */
export interface Early {
  readonly device: Did
  readonly envelope: Uint8Array
}

interface Waiting extends Early {
  readonly block: string
  readonly expires: number
}

/**
 * Envelopes whose blocks are not known yet. A device can't crowd out another's: each has its own bound, and one envelope per block and device
 * is kept, so that a wrong one doesn't keep the right one away.
 */
export class Pool {
  readonly #waiting = new Map<string, Waiting>()
  readonly #devices = new Map<Did, { items: number; bytes: number }>()
  #bytes = 0

  get size(): number {
    return this.#waiting.size
  }

  /** Whether there was room. What finds none will be asked for once its block is known. */
  put(block: string, device: Did, envelope: Uint8Array, now: number): boolean {
    this.#expire(now)
    const key = `${block} ${device}`
    if (this.#waiting.has(key)) return true
    const used = this.#devices.get(device) ?? { items: 0, bytes: 0 }
    if (used.items >= POOL_PER_DEVICE.items || used.bytes + envelope.length > POOL_PER_DEVICE.bytes) return false
    if (this.#waiting.size >= POOL.items || this.#bytes + envelope.length > POOL.bytes) return false
    this.#waiting.set(key, { block, device, envelope, expires: now + POOL_AGE })
    this.#devices.set(device, { items: used.items + 1, bytes: used.bytes + envelope.length })
    this.#bytes += envelope.length
    return true
  }

  /** All that came for a block, out of the pool. */
  take(block: string): Early[] {
    const taken: Early[] = []
    if (this.#waiting.size === 0) return taken
    for (const device of [...this.#devices.keys()]) {
      const waiting = this.#waiting.get(`${block} ${device}`)
      if (waiting !== undefined) taken.push(this.#remove(waiting))
    }
    return taken
  }

  /** Entries lie in the order of their coming, so the oldest are first. */
  #expire(now: number): void {
    for (const waiting of this.#waiting.values()) {
      if (waiting.expires > now) return
      this.#remove(waiting)
    }
  }

  #remove(waiting: Waiting): Waiting {
    this.#waiting.delete(`${waiting.block} ${waiting.device}`)
    this.#bytes -= waiting.envelope.length
    const used = this.#devices.get(waiting.device)
    if (used !== undefined) {
      const left = { items: used.items - 1, bytes: used.bytes - waiting.envelope.length }
      if (left.items === 0) this.#devices.delete(waiting.device)
      else this.#devices.set(waiting.device, left)
    }
    return waiting
  }
}
