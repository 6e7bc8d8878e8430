/**
 * The profile cards of one chat: what its members want to be called. Pure apart from the blocks it is given; owned by `chat.ts`.
 */
import { compare } from 'uint8arrays/compare'
import { equals } from 'uint8arrays/equals'
import type { Block } from 'walytis/interface'
import type { Did } from 'walytis-identities'
import { audienceOf, type ProfileCard } from './content/card.ts'

/** A card with who it speaks for, and where its block stands. */
export interface PlacedCard extends ProfileCard {
  readonly author: Did
  /** As the author claims, ms since 1970. */
  readonly time: number
  readonly block: Pick<Block, 'height' | 'id'>
}

/** The latest card of each author, whatever the order in which cards come. */
export class CardBook {
  readonly #latest = new Map<Did, PlacedCard>()

  /** Take a card in. Returns whether it is now the author's latest. */
  take(card: PlacedCard): boolean {
    const held = this.#latest.get(card.author)
    if (held !== undefined && !isLater(card, held)) return false
    this.#latest.set(card.author, card)
    return true
  }

  get(author: Did): PlacedCard | undefined {
    return this.#latest.get(author)
  }

  /** Whether `author`, called `name`, has yet to tell the present members so. */
  owes(author: Did, name: string, members: Iterable<Did>): boolean {
    const card = this.#latest.get(author)
    return card?.name !== name || !equals(card.audience, audienceOf(members))
  }
}

/** Canonical order: height, then the bytes of the CID. */
function isLater(a: PlacedCard, b: PlacedCard): boolean {
  return a.block.height === b.block.height
    ? compare(a.block.id.bytes, b.block.id.bytes) > 0
    : a.block.height > b.block.height
}
