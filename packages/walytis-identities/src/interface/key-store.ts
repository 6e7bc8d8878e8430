import type { AbortOptions } from '@libp2p/interface'
import type { BatchOperation, Store } from 'walytis/interface'

/** Secrets, encrypted at rest under one master key. Names are associated data: a value moved to another name fails to open. */
export interface KeyStore {
  /** The database it lives in. Layers above may keep sublevels of their own there. */
  readonly store: Store
  /** The secret of that name; undefined when there is none. */
  get(name: string, options?: AbortOptions): Promise<Uint8Array | undefined>
  /** Synced to disk once it resolves. */
  put(name: string, secret: Uint8Array, options?: AbortOptions): Promise<void>
  /** Gone for readers once it resolves; what is left of it in the database's files is written over soon after, as well as LevelDB does that. */
  delete(name: string, options?: AbortOptions): Promise<void>
  /** Names that begin with `prefix`, sorted. */
  names(prefix: string, options?: AbortOptions): AsyncIterable<string>
  /** The write of `put`, for a batch that also holds other rows (the store must be the same database). */
  sealed(name: string, secret: Uint8Array): BatchOperation
  /** Encrypt bytes that live outside the key store (indexes, payload keys), bound to `context`. */
  wrap(bytes: Uint8Array, context: string): Uint8Array
  /** @throws {KeyStoreCorruptError} when the bytes were changed or belong to another context */
  unwrap(bytes: Uint8Array, context: string): Uint8Array
  /** A key derived from the master key, for uses such as a blind index. 32 bytes. */
  derive(context: string): Uint8Array
  /**
   * Let it be opened by another passphrase, or by a key of 32 bytes, from now on. One synced write: a crash leaves it to the old or to the new one.
   * Who has copied the store and knows the old passphrase still opens the copy.
   *
   * @throws {WrongPassphraseError} when `current` does not open it
   * @throws {InvalidArgumentError} a key not of 32 bytes, costs out of range
   */
  changePassphrase(
    current: string | Uint8Array,
    next: string | Uint8Array,
    options?: Pick<KeyStoreInit, 'argon2'>
  ): Promise<void>
  /** Overwrite and forget the keys. Everything above fails with `ClosedError` from then on. */
  close(): Promise<void>
}

/** Options of `openKeyStore`. */
export interface KeyStoreInit {
  /** A folder (Node) or database name (browser), or an open database, which is then left to the caller to close. */
  storage: string | Store
  /** Stretched by Argon2id; spellings that Unicode holds equal (NFC) are the same. Give this or `key`. */
  passphrase?: string | undefined
  /** 32 bytes. */
  key?: Uint8Array | undefined
  /** Cost of Argon2id for a store made now; an existing store keeps its own. Default 64 MiB, 3 passes. */
  argon2?: { memoryKiB: number; passes: number } | undefined
  /** Make a key store where there is none. Default true; false where one must be there, so that a mistaken folder is noticed. */
  create?: boolean | undefined
}
