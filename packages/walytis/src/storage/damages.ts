import { idKey } from '../block/id.ts'
import type { BlockId } from '../interface/index.ts'

/** Blocks of one chain whose rows can't be read as they were written, from when somebody met them until they are written anew. */
export class Damages {
  readonly #blocks = new Map<string, BlockId>()
  readonly #listeners = new Set<(id: BlockId) => void>()

  get ids(): BlockId[] {
    return [...this.#blocks.values()]
  }

  has(id: BlockId): boolean {
    return this.#blocks.has(idKey(id))
  }

  /** Somebody met one. */
  note(id: BlockId): void {
    if (this.has(id) || this.#blocks.size >= MAX_NOTED) return
    this.#blocks.set(idKey(id), id)
    for (const listener of [...this.#listeners]) listener(id)
  }

  mended(id: BlockId): void {
    this.#blocks.delete(idKey(id))
  }

  /** Be told of each. Returns what stops it. */
  watch(listener: (id: BlockId) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}

/** Those met beyond are noted when the first ones are mended. */
const MAX_NOTED = 1024
