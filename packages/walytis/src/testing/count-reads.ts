import type { Store } from '../interface/index.ts'
import { INDEX } from '../storage/indexes.ts'

/** What was read since it was last asked. */
export interface Reads {
  /** Rows that iterators gave. */
  readonly rows: number
  /** Rows asked for by their keys. */
  readonly lookups: number
  /** Of both, those that hold content. */
  readonly contents: number
}

/** Counts what is read of a store. Sublevels read through their root, so theirs is counted too. */
export function countReads(store: Store): () => Reads {
  let counted = { rows: 0, lookups: 0, contents: 0 }
  const note = (kind: 'rows' | 'lookups', keys: readonly unknown[]): void => {
    counted[kind] += keys.length
    counted.contents += keys.filter(isContentKey).length
  }
  const { get, getMany, iterator } = store
  store.get = ((key: unknown, ...rest: unknown[]) => {
    note('lookups', [key])
    return Reflect.apply(get, store, [key, ...rest])
  }) as typeof get
  store.getMany = ((keys: unknown[], ...rest: unknown[]) => {
    note('lookups', keys)
    return Reflect.apply(getMany, store, [keys, ...rest])
  }) as typeof getMany
  store.iterator = ((...args: unknown[]) => {
    const made = Reflect.apply(iterator, store, args)
    const { all } = made
    made.all = async (...options: unknown[]) => {
      const rows = (await Reflect.apply(all, made, options)) as [unknown, unknown][]
      const keys = rows.map(([key]) => key)
      note('rows', keys)
      return rows
    }
    return made
  }) as typeof iterator
  return () => {
    const reads = counted
    counted = { rows: 0, lookups: 0, contents: 0 }
    return reads
  }
}

/** `!walytis!!chain!!id!`, then the byte that names the kind of row. */
function isContentKey(key: unknown): boolean {
  const bytes = typeof key === 'string' ? Buffer.from(key, 'latin1') : Buffer.from(key as Uint8Array)
  const prefix = /^(?:![^!]*!)+/.exec(bytes.toString('latin1'))?.[0] ?? ''
  return bytes[prefix.length] === INDEX.content
}
