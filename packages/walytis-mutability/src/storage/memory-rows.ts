import type { LayerKey, LayerRows, LayerWrite } from 'walytis/interface'

/** Rows in memory, for chains that have no place for a layer's rows: what is in them is read from the chain at every opening. */
export class MemoryRows implements LayerRows {
  readonly #groups = new Map<string, Map<string, readonly [key: Uint8Array, value: Uint8Array]>>()

  async get(keys: readonly LayerKey[]): Promise<(Uint8Array | undefined)[]> {
    return keys.map(({ group, key }) => this.#groups.get(textOf(group))?.get(textOf(key))?.[1])
  }

  async *list(group: Uint8Array): AsyncGenerator<readonly [key: Uint8Array, value: Uint8Array]> {
    yield* [...(this.#groups.get(textOf(group))?.values() ?? [])]
  }

  async write(writes: readonly LayerWrite[]): Promise<void> {
    for (const { group, key, value } of writes) {
      const rows = this.#groups.get(textOf(group)) ?? new Map()
      if (value !== undefined) this.#groups.set(textOf(group), rows.set(textOf(key), [key, value]))
      else if (rows.delete(textOf(key)) && rows.size === 0) this.#groups.delete(textOf(group))
    }
  }

  /** There is no disk. */
  async sync(): Promise<void> {}

  async clear(): Promise<void> {
    this.#groups.clear()
  }
}

function textOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes)
}
