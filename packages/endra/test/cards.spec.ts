import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CardBook, type PlacedCard } from '../src/cards.ts'
import { audienceOf } from '../src/content/card.ts'
import { alice, blockId, bob, carol } from './people.ts'

function card(name: string, height: number, byte = 1, members = [alice, bob]): PlacedCard {
  return { author: alice, name, audience: audienceOf(members), time: 0, block: { height, id: blockId(byte) } }
}

describe('the cards of a chat', () => {
  it('are the canonically latest of each author, in whatever order they come', () => {
    const all = [card('A', 1), card('B', 3, 7), card('C', 3, 9), card('D', 2)]
    fc.assert(
      fc.property(fc.shuffledSubarray(all, { minLength: all.length }), (order) => {
        const book = new CardBook()
        for (const each of order) book.take(each)
        expect(book.get(alice)?.name).toBe('C')
      })
    )
  })

  it('say which one is news', () => {
    const book = new CardBook()
    expect(book.take(card('A', 2))).toBe(true)
    expect(book.take(card('A', 1))).toBe(false)
    expect(book.take(card('A', 2))).toBe(false)
  })

  it('are owed until the present members could read one with the present name', () => {
    const book = new CardBook()
    expect(book.owes(alice, 'Alice', [alice])).toBe(true)
    book.take(card('Alice', 1))
    expect(book.owes(alice, 'Alice', [bob, alice])).toBe(false)
    expect(book.owes(alice, 'Alicia', [alice, bob])).toBe(true)
    expect(book.owes(alice, 'Alice', [alice, bob, carol])).toBe(true)
  })
})
