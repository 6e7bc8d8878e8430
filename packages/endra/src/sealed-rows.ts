/** What this package keeps on the disk of one node that can be made anew, sealed under the key store's key: no secrets, and in no backup. */
import type { AbortOptions } from '@libp2p/interface'
import type { Store } from 'walytis/interface'
import type { KeyStore } from 'walytis-identities'

type Rows = ReturnType<typeof rowsOf>

/** Rows of the node's store, by name. */
export class SealedRows {
  readonly #rows: Rows
  readonly #keyStore: Pick<KeyStore, 'wrap' | 'unwrap'>

  constructor(keyStore: Pick<KeyStore, 'store' | 'wrap' | 'unwrap'>) {
    this.#keyStore = keyStore
    this.#rows = rowsOf(keyStore.store)
  }

  /** Undefined where there is none, or it is damaged: it can be made anew. */
  async get(name: string, options?: AbortOptions): Promise<Uint8Array | undefined> {
    options?.signal?.throwIfAborted()
    const sealed = await this.#rows.get(name)
    if (sealed === undefined) return undefined
    try {
      return this.#keyStore.unwrap(sealed, contextOf(name))
    } catch (error) {
      if (error instanceof Error && error.name === 'KeyStoreCorruptError') return undefined
      throw error
    }
  }

  async put(name: string, bytes: Uint8Array, options?: AbortOptions): Promise<void> {
    options?.signal?.throwIfAborted()
    await this.#rows.put(name, this.#keyStore.wrap(bytes, contextOf(name)))
  }

  async delete(name: string, options?: AbortOptions): Promise<void> {
    options?.signal?.throwIfAborted()
    await this.#rows.del(name)
  }
}

function rowsOf(store: Store) {
  return store.sublevel<string, Uint8Array>('endra', { keyEncoding: 'utf8', valueEncoding: 'view' })
}

function contextOf(name: string): string {
  return `endra/row/${name}`
}
