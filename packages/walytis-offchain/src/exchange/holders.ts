import type { Did } from 'walytis-identities'

/** Blocks remembered: more than are on their way at a time. */
const MAX_BLOCKS = 4096
/** Devices remembered for one block. */
const MAX_DEVICES = 64

/** Which devices are known to have which recent contents: whom to ask first, and whom to offer nothing. A memory that may forget. */
export class Holders {
  readonly #devices = new Map<string, Set<Did>>()

  add(block: string, device: Did): void {
    const known = this.#devices.get(block)
    if (known !== undefined) {
      if (known.size < MAX_DEVICES) known.add(device)
      return
    }
    if (this.#devices.size >= MAX_BLOCKS) this.#devices.delete(this.#devices.keys().next().value ?? block)
    this.#devices.set(block, new Set([device]))
  }

  has(block: string, device: Did): boolean {
    return this.#devices.get(block)?.has(device) === true
  }

  of(block: string): Did[] {
    return [...(this.#devices.get(block) ?? [])]
  }
}
