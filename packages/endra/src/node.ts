import type { Logger } from '@libp2p/interface'
import type { Walytis } from 'walytis/interface'
import type { Did, KeyStore } from 'walytis-identities'
import type { FetchPolicy } from 'walytis-offchain'
import { ChatInUseError } from './errors.ts'
import type { Types } from './messages/types.ts'

/** What all profiles of a node share. */
export interface Node {
  readonly walytis: Walytis
  readonly keyStore: KeyStore
  /** Milliseconds since 1970: claimed in records for display, and deciding when an invitation made here expires. */
  readonly now: () => number
  /** Names of errors and steps only: never keys, invitations, names or content. */
  readonly log: Logger
  readonly claims: Claims
  /** Types of messages that the application has registered. */
  readonly types: Types
  /** Which contents of chats are fetched before they are read. */
  readonly fetch: FetchPolicy
}

/** Which profile takes part in which chat: a node holds a chain for one device only. */
export class Claims {
  readonly #holders = new Map<Did, Did>()

  /** @throws {ChatInUseError} when another profile of this node takes part in it */
  claim(chat: Did, profile: Did): void {
    if ((this.#holders.get(chat) ?? profile) !== profile) throw new ChatInUseError(chat)
    this.#holders.set(chat, profile)
  }

  release(chat: Did, profile: Did): void {
    if (this.#holders.get(chat) === profile) this.#holders.delete(chat)
  }
}
