/** Entries that several maps share: each sees those up to its own size. */
interface Shared<K, V> {
  readonly entries: [K, V][]
  readonly places: Map<K, number>
}

/**
 * A map that is never changed, and of which a longer one is made without copying: for what only ever grows along a history. Where a history forks, the
 * second branch copies once.
 */
export class AppendMap<K, V> implements ReadonlyMap<K, V> {
  readonly size: number
  readonly #shared: Shared<K, V>

  private constructor(shared: Shared<K, V>, size: number) {
    this.#shared = shared
    this.size = size
  }

  static from<K, V>(map: ReadonlyMap<K, V>): AppendMap<K, V> {
    if (map instanceof AppendMap) {
      return map as AppendMap<K, V>
    }
    const entries = [...map]
    return new AppendMap({ entries, places: new Map(entries.map(([key], at) => [key, at])) }, entries.length)
  }

  /** This map with one more entry. @param key that is not in it */
  with(key: K, value: V): AppendMap<K, V> {
    const forked = this.#shared.entries.length > this.size
    const shared = forked ? AppendMap.from(new Map(this)).#shared : this.#shared
    shared.places.set(key, this.size)
    shared.entries.push([key, value])
    return new AppendMap(shared, this.size + 1)
  }

  get(key: K): V | undefined {
    const at = this.#shared.places.get(key)
    return at !== undefined && at < this.size ? this.#shared.entries[at]?.[1] : undefined
  }

  has(key: K): boolean {
    const at = this.#shared.places.get(key)
    return at !== undefined && at < this.size
  }

  *entries(): MapIterator<[K, V]> {
    for (let at = 0; at < this.size; at++) {
      const entry = this.#shared.entries[at]
      if (entry !== undefined) {
        yield entry
      }
    }
  }

  *keys(): MapIterator<K> {
    for (const [key] of this.entries()) {
      yield key
    }
  }

  *values(): MapIterator<V> {
    for (const [, value] of this.entries()) {
      yield value
    }
  }

  [Symbol.iterator](): MapIterator<[K, V]> {
    return this.entries()
  }

  forEach(visit: (value: V, key: K, map: ReadonlyMap<K, V>) => void): void {
    for (const [key, value] of this.entries()) {
      visit(value, key, this)
    }
  }
}
