import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LatestBook, owesCard, type PlacedCard, placedCard } from '../src/cards.ts'
import { audienceOf } from '../src/content/card.ts'
import { alice, blockId, bob, carol } from './people.ts'

function card(name: string, height: number, byte = 1, members = [alice, bob]): PlacedCard {
  const placed = { author: alice, time: 0, block: { height, id: blockId(byte) } }
  return placedCard({ name, audience: audienceOf(members) }, placed)
}

describe('the cards of a chat', () => {
  it('are the canonically latest of each author, in whatever order they come', () => {
    const all = [card('A', 1), card('B', 3, 7), card('C', 3, 9), card('D', 2)]
    fc.assert(
      fc.property(fc.shuffledSubarray(all, { minLength: all.length }), (order) => {
        const book = new LatestBook<PlacedCard>()
        for (const each of order) book.take(each)
        expect(book.get(alice)?.name).toBe('C')
      })
    )
  })

  it('say which one is news', () => {
    const book = new LatestBook<PlacedCard>()
    expect(book.take(card('A', 2))).toBe(true)
    expect(book.take(card('A', 1))).toBe(false)
    expect(book.take(card('A', 2))).toBe(false)
  })

  it('are owed until the present members could read one with the present name', () => {
    const book = new LatestBook<PlacedCard>()
    expect(owesCard(book, alice, { name: 'Alice' }, [alice])).toBe(true)
    book.take(card('Alice', 1))
    expect(owesCard(book, alice, { name: 'Alice' }, [bob, alice])).toBe(false)
    const picture = { mediaType: 'image/png', bytes: new Uint8Array([1]) }
    expect(owesCard(book, alice, { name: 'Alice', picture }, [alice, bob])).toBe(true)
    expect(owesCard(book, alice, { name: 'Alice', about: 'here' }, [alice, bob])).toBe(true)
    expect(owesCard(book, alice, { name: 'Alicia' }, [alice, bob])).toBe(true)
    expect(owesCard(book, alice, { name: 'Alice' }, [alice, bob, carol])).toBe(true)
  })
})
