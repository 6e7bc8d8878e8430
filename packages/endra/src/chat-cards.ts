/**
 * The profile cards of one open chat: read, followed, and written where this profile owes one. Owned by `chat.ts`.
 */
import type { AbortOptions } from '@libp2p/interface'
import type { Did, Group } from 'walytis-identities'
import type { MutableBlock } from 'walytis-mutability'
import { CardBook, type PlacedCard } from './cards.ts'
import { TOPIC_CARD } from './constants.ts'
import { audienceOf, decodeCard, encodeCard } from './content/card.ts'
import { shortDid } from './did.ts'
import type { ChatBlocks } from './messages/blocks.ts'

/** What a chat needs of its profile. */
export interface ChatOwner {
  readonly did: Did
  /** What the profile is called. */
  name(): string
  /** What a user is called that has no card in this chat. */
  nameOf(did: Did): string | undefined
  /** Whether this device is the one that acts for the profile where one is enough: the most senior of those connected. */
  acts(): boolean
  /** Somebody's latest card. */
  onCard(card: PlacedCard): void
}

/** The cards of one chat. */
export class ChatCards {
  readonly #group: Pick<Group, 'members'>
  readonly #blocks: ChatBlocks
  readonly #owner: ChatOwner
  readonly #book = new CardBook()

  constructor(init: { group: Pick<Group, 'members'>; blocks: ChatBlocks; owner: ChatOwner }) {
    this.#group = init.group
    this.#blocks = init.blocks
    this.#owner = init.owner
  }

  /** Read those that are here. */
  async load(options?: AbortOptions): Promise<void> {
    for await (const block of this.#blocks.list([TOPIC_CARD], options)) await this.take(block, options)
  }

  /** What a member is called. */
  nameOf(did: Did): string {
    if (did === this.#owner.did) return this.#owner.name()
    return this.#book.get(did)?.name ?? this.#owner.nameOf(did) ?? shortDid(did)
  }

  /** Take in a block that carries a card. Gives the card when it is its author's latest. */
  async take(block: MutableBlock, options?: AbortOptions): Promise<PlacedCard | undefined> {
    const decoded = decodeCard(await block.content(options))
    if (!decoded.ok || block.revoked) return undefined
    // Whose card it is, is said by who wrote the block, and by nothing in it.
    const card = { ...decoded.value, author: block.author as Did, time: block.time.getTime(), block }
    if (!this.#book.take(card)) return undefined
    this.#owner.onCard(card)
    return card
  }

  /** Tell the present members what the profile is called, where nobody has done so and it is this device's turn. */
  async announce(options?: AbortOptions): Promise<void> {
    const members = this.#group.members().map(({ did }) => did)
    const me = this.#owner.did
    const name = this.#owner.name()
    if (!members.includes(me) || !this.#owner.acts() || !this.#book.owes(me, name, members)) return
    await this.#blocks.add(encodeCard({ name, audience: audienceOf(members) }), [TOPIC_CARD], options)
  }
}
