/**
 * Joins under way: which chats a profile of this node is about to join. Kept among the secrets, so that a join that is cut off between the
 * group below and the vault goes on with the same invitation, and is not taken for another profile's.
 */
import { encode } from '@ipld/dag-cbor'
import type { AbortOptions } from '@libp2p/interface'
import { equals } from 'uint8arrays/equals'
import type { Did, KeyStore } from 'walytis-identities'
import { FORMAT_VERSION } from './constants.ts'
import { chainOf } from './did.ts'

const PREFIX = 'endra/joins/'

/** The joins that a profile has begun and not finished. */
export class Joins {
  readonly #keyStore: KeyStore
  readonly #user: Did

  constructor(keyStore: KeyStore, user: Did) {
    this.#keyStore = keyStore
    this.#user = user
  }

  /** To be called before anything of the chat can be on this node. Synced to disk once it resolves. */
  async begin(chat: Did, options?: AbortOptions): Promise<void> {
    await this.#keyStore.put(nameOf(chat), this.#record(), options)
  }

  /** Whether this profile, and none of the node's others, has begun. */
  async has(chat: Did, options?: AbortOptions): Promise<boolean> {
    const held = await this.#keyStore.get(nameOf(chat), options)
    return held !== undefined && equals(held, this.#record())
  }

  /** The vault lists the chat, or nothing came of it. */
  async end(chat: Did, options?: AbortOptions): Promise<void> {
    await this.#keyStore.delete(nameOf(chat), options)
  }

  #record(): Uint8Array {
    return encode({ v: FORMAT_VERSION, user: this.#user })
  }
}

function nameOf(chat: Did): string {
  return `${PREFIX}${chainOf(chat)}`
}
