/**
 * The profile cards of one open chat: read, followed, and written where this profile owes one. Owned by `chat.ts`.
 */
import type { AbortOptions } from '@libp2p/interface'
import type { Did, Group } from 'walytis-identities'
import type { MutableBlock } from 'walytis-mutability'
import { LatestBook, owesCard, type PlacedCard, placedCard } from './cards.ts'
import { TOPIC_CARD } from './constants.ts'
import { audienceOf, decodeCard, encodeCard, type Portrait } from './content/card.ts'
import { shortDid } from './did.ts'
import type { ChatBlocks } from './messages/blocks.ts'

/** What a chat needs of its profile. */
export interface ChatOwner {
  readonly did: Did
  /** What the profile says of itself. */
  portrait(): Portrait
  /** What the profile calls a user, whatever their cards say. */
  petnameOf(did: Did): string | undefined
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
  readonly #book = new LatestBook<PlacedCard>()

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
    if (did === this.#owner.did) return this.#owner.portrait().name
    return this.#owner.petnameOf(did) ?? this.#book.get(did)?.name ?? this.#owner.nameOf(did) ?? shortDid(did)
  }

  /** Take in a block that carries a card. Gives the card when it is its author's latest. */
  async take(block: MutableBlock, options?: AbortOptions): Promise<PlacedCard | undefined> {
    const decoded = decodeCard(await block.content(options))
    if (!decoded.ok || block.revoked) return undefined
    // Whose card it is, is said by who wrote the block, and by nothing in it.
    const card = placedCard(decoded.value, { author: block.author as Did, time: block.time.getTime(), block })
    if (!this.#book.take(card)) return undefined
    this.#owner.onCard(card)
    return card
  }

  /** A member's latest card, and all that it says. */
  async read(did: Did, options?: AbortOptions): Promise<{ card: PlacedCard; portrait: Portrait } | undefined> {
    const card = this.#book.get(did)
    if (card === undefined) return undefined
    const block = await this.#blocks.find(card.block.id.toString(), TOPIC_CARD, options)
    const decoded = decodeCard(await block.content(options))
    return decoded.ok ? { card, portrait: decoded.value } : undefined
  }

  /** Tell the present members what the profile says of itself, where nobody has done so and it is this device's turn. */
  async announce(options?: AbortOptions): Promise<void> {
    const members = this.#group.members().map(({ did }) => did)
    const me = this.#owner.did
    const portrait = this.#owner.portrait()
    if (!members.includes(me) || !this.#owner.acts() || !owesCard(this.#book, me, portrait, members)) return
    await this.#blocks.add(encodeCard({ ...portrait, audience: audienceOf(members) }), [TOPIC_CARD], options)
  }
}
