/**
 * The profile cards of one chat: what its members say of themselves. Pure apart from the blocks it is given; owned by `chat-cards.ts`.
 */
import { compare } from 'uint8arrays/compare'
import { equals } from 'uint8arrays/equals'
import type { Block } from 'walytis/interface'
import type { Did } from 'walytis-identities'
import { audienceOf, likenessOf, type Portrait, type ProfileCard } from './content/card.ts'

/** Who says something once for all readers, and where the block with it stands. */
export interface Placed {
  readonly author: Did
  /** As the author claims, ms since 1970. */
  readonly time: number
  readonly block: Pick<Block, 'height' | 'id'>
}

/** A card without its picture, which is read from its block when it is shown. */
export interface PlacedCard extends Placed, Pick<ProfileCard, 'name' | 'about' | 'audience'> {
  /** Of all that the card says. */
  readonly likeness: Uint8Array
}

/** A card as its block carries it, to be kept. */
export function placedCard(card: ProfileCard, placed: Placed): PlacedCard {
  const { name, about, audience } = card
  return { ...placed, name, about, audience, likeness: likenessOf(card) }
}

/** What each author said last, whatever the order in which it comes. */
export class LatestBook<T extends Placed> {
  readonly #latest = new Map<Did, T>()

  /** Take one in. Returns whether it is now the author's latest. */
  take(said: T): boolean {
    const held = this.#latest.get(said.author)
    if (held !== undefined && !isLater(said, held)) return false
    this.#latest.set(said.author, said)
    return true
  }

  get(author: Did): T | undefined {
    return this.#latest.get(author)
  }

  /** The latest of what these authors said. */
  latestOf(authors: Iterable<Did>): T | undefined {
    let latest: T | undefined
    for (const author of authors) {
      const said = this.#latest.get(author)
      if (said !== undefined && (latest === undefined || isLater(said, latest))) latest = said
    }
    return latest
  }
}

/** Whether `author` has yet to say this of itself to the present members. */
export function owesCard(
  book: LatestBook<PlacedCard>,
  author: Did,
  portrait: Portrait,
  members: Iterable<Did>
): boolean {
  const card = book.get(author)
  return (
    card === undefined || !equals(card.likeness, likenessOf(portrait)) || !equals(card.audience, audienceOf(members))
  )
}

/** Canonical order: height, then the bytes of the CID. */
function isLater(a: Placed, b: Placed): boolean {
  return a.block.height === b.block.height
    ? compare(a.block.id.bytes, b.block.id.bytes) > 0
    : a.block.height > b.block.height
}
