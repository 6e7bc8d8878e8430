import type { AbortOptions } from '@libp2p/interface'
import type { BatchOperation, Store } from 'walytis/interface'

/** Secrets, encrypted at rest under one master key. Names are associated data: a value moved to another name fails to open. */
export interface KeyStore {
  /** The database it lives in. Layers above may keep sublevels of their own there. */
  readonly store: Store
  get(name: string, options?: AbortOptions): Promise<Uint8Array | undefined>
  /** Synced to disk once it resolves. */
  put(name: string, secret: Uint8Array, options?: AbortOptions): Promise<void>
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
  /** @throws {WrongPassphraseError} */
  changePassphrase(current: string, next: string): Promise<void>
  /** Forget the master key. Everything above fails with `ClosedError` from then on. */
  close(): Promise<void>
}

/** Options of `openKeyStore`. */
export interface KeyStoreInit {
  /** A folder (Node) or database name (browser), or an open database, which is then left to the caller to close. */
  storage: string | Store
  /** UTF-8, stretched by Argon2id. Give this or `key`. */
  passphrase?: string | undefined
  /** 32 bytes. */
  key?: Uint8Array | undefined
  /** Cost of Argon2id for a store made now; an existing store keeps its own. Default 64 MiB, 3 passes. */
  argon2?: { memoryKiB: number; passes: number } | undefined
}
