/**
 * A node: one store, one key store, one libp2p node, any number of profiles.
 */
import { decode, encode } from '@ipld/dag-cbor'
import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import type { AbortOptions, PrivateKey } from '@libp2p/interface'
import { createWalytis, openStore, StoreVersionError, type WalytisInit } from 'walytis'
import type { Walytis } from 'walytis/interface'
import { type KeyStore, openKeyStore } from 'walytis-identities'
import type { FetchPolicy } from 'walytis-offchain'
import { fetchPolicyOf } from './attachments/fetch-policy.ts'
import { FETCH_UP_TO_BYTES, STORE_VERSION } from './constants.ts'
import { StoredRecordError } from './errors.ts'
import type { Endra, MessageType } from './interface/index.ts'
import { Types } from './messages/types.ts'
import { Claims } from './node.ts'
import { NodeProfiles } from './profiles.ts'

/** What a node is made of. */
export interface EndraInit extends WalytisInit {
  /** Opens the key store, or makes one that it opens from then on. UTF-8, stretched by Argon2id. Give this or `key`. */
  passphrase?: string | undefined
  /** 32 bytes, instead of a passphrase. */
  key?: Uint8Array | undefined
  /** Cost of Argon2id for a store made now. Default 64 MiB, 3 passes. */
  argon2?: { memoryKiB: number; passes: number } | undefined
  /** Which attachments this device fetches before they are read. Default: those of up to 64 MiB. Messages, and what is as small, always come. */
  fetch?: FetchPolicy | undefined
}

const PEER_KEY = 'endra/libp2p-key'
const VERSION = 'endra/version'

/**
 * Start a node.
 *
 * @throws {WrongPassphraseError} when the passphrase or key does not open the store's secrets
 * @throws {KeyStoreCorruptError} when the store's secrets are damaged
 * @throws {StoreLockedError} when another process uses the store
 * @throws {StoreCorruptError} when the store is damaged
 * @throws {StoreVersionError} when a newer version wrote the store
 */
export async function createEndra(init: EndraInit): Promise<Endra> {
  const { storage, passphrase, key, argon2, fetch = { upTo: FETCH_UP_TO_BYTES }, ...rest } = init
  const undo: (() => Promise<void>)[] = []
  try {
    const store = typeof storage === 'object' ? storage : await openStore(storage)
    // Whoever opened the store closes it.
    if (store !== storage) undo.unshift(() => store.close())
    const keyStore = await openKeyStore({ storage: store, passphrase, key, argon2 })
    undo.unshift(() => keyStore.close())
    await checkVersion(keyStore)
    const privateKey = await peerKey(keyStore)
    const walytis = await createWalytis({ ...rest, storage: store, libp2p: { ...rest.libp2p, privateKey } })
    undo.unshift(() => walytis.stop())
    const log = walytis.helia.logger.forComponent('endra')
    const types = new Types()
    const profiles = new NodeProfiles({
      walytis,
      keyStore,
      now: init.now ?? Date.now,
      log,
      claims: new Claims(),
      types,
      fetch: fetchPolicyOf(fetch)
    })
    undo.unshift(() => profiles.close())
    return new EndraNode(walytis, profiles, types, undo)
  } catch (error) {
    for (const step of undo) await step()
    throw error
  }
}

class EndraNode implements Endra {
  readonly profiles: NodeProfiles
  readonly #types: Types
  readonly #walytis: Walytis
  readonly #undo: (() => Promise<void>)[]
  #stopping: Promise<void> | undefined

  constructor(walytis: Walytis, profiles: NodeProfiles, types: Types, undo: (() => Promise<void>)[]) {
    this.profiles = profiles
    this.#types = types
    this.#walytis = walytis
    this.#undo = undo
  }

  registerType<T>(type: MessageType<T>): void {
    this.#types.register(type)
  }

  getMultiaddrs(): string[] {
    return this.#walytis.getMultiaddrs().map((address) => address.toString())
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async #stop(): Promise<void> {
    for (const step of this.#undo) await step()
  }
}

/** What this package keeps in the key store has the layout of a version, which is written when there is none yet. */
async function checkVersion(keyStore: KeyStore): Promise<void> {
  const held = await keyStore.get(VERSION)
  if (held === undefined) return await keyStore.put(VERSION, encode(STORE_VERSION))
  const found: unknown = decode(held)
  if (typeof found !== 'number') throw new StoredRecordError('version', 'not-a-number')
  if (found > STORE_VERSION) throw new StoreVersionError(found, STORE_VERSION)
}

/** The node's libp2p key: made once, kept among the secrets, so that the disk says nothing of who this peer is. */
async function peerKey(keyStore: KeyStore, options?: AbortOptions): Promise<PrivateKey> {
  const held = await keyStore.get(PEER_KEY, options)
  if (held !== undefined) return privateKeyFromProtobuf(held)
  const made = await generateKeyPair('Ed25519')
  await keyStore.put(PEER_KEY, privateKeyToProtobuf(made), options)
  return made
}
