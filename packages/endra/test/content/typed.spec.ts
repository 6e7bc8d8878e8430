import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { forwardedOf, mentionsOf, withForwarded, withMentions } from '../../src/content/metadata.ts'
import { isEmbedded, textContent, textOf } from '../../src/content/parts.ts'
import { REACTION } from '../../src/content/reaction.ts'
import { contentOfValue, isFreeType, topicOfType, typeOfTopics, valueIn } from '../../src/content/typed.ts'
import type { MessageType } from '../../src/index.ts'
import { hostileBytes } from '../arbitraries.ts'
import { alice, bob } from '../people.ts'

const note: MessageType<string> = {
  mediaType: 'application/vnd.example.note+cbor',
  decode: (value) => (typeof value === 'string' && value !== '' ? value : undefined),
  text: (value) => `Note: ${value}`
}

describe('a value of a registered type', () => {
  it('comes back, with a text beside it for those who do not know the type', () => {
    const content = contentOfValue(note, 'milk')
    expect(valueIn(note, content)).toBe('milk')
    expect(textOf(content)).toBe('Note: milk')
    expect(valueIn({ ...note, mediaType: 'application/x-other' }, content)).toBeUndefined()
  })

  it('is refused when its own type would not take it back', () => {
    expect(() => contentOfValue(note, '')).toThrow(expect.objectContaining({ rule: 'value' }))
    const any: MessageType<unknown> = { mediaType: 'application/x-any', decode: (value) => value }
    expect(() => contentOfValue(any, undefined)).toThrow(expect.objectContaining({ rule: 'not-dag-cbor' }))
    expect(() => contentOfValue(any, () => 1)).toThrow(expect.objectContaining({ rule: 'not-dag-cbor' }))
  })

  it('F8 is never read from bytes that are none, and reading never throws', () => {
    fc.assert(
      fc.property(hostileBytes(), (payload) => {
        const part = { kind: 'embedded', id: 'value', mediaType: REACTION.mediaType, payload } as const
        const value = valueIn(REACTION, { parts: [part] })
        if (value !== undefined) expect(Object.keys(value)).toEqual(['emoji'])
      })
    )
  })

  it('is found by a topic that names the type', () => {
    expect(typeOfTopics(['endra:message', topicOfType(note.mediaType)])).toBe(note.mediaType)
    expect(typeOfTopics(['endra:message'])).toBeUndefined()
    expect(isFreeType(note.mediaType)).toBe(true)
    expect(isFreeType(REACTION.mediaType)).toBe(false)
  })
})

describe('a reaction', () => {
  it.each(['👍', '👍🏽', '🏴󠁧󠁢󠁥󠁮󠁧󠁿', '👨‍👩‍👧‍👦', '1️⃣', 'ha!'])('may be %s', (emoji) => {
    const content = contentOfValue(REACTION, { emoji })
    expect(valueIn(REACTION, content)).toEqual({ emoji })
    expect(content.parts.filter(isEmbedded)).toHaveLength(1)
  })

  it.each(['', ' ', '\u202e!', '\u200b', 'x'.repeat(65), '\n'])('may not be %j', (emoji) => {
    expect(() => contentOfValue(REACTION, { emoji })).toThrow(expect.objectContaining({ name: 'InvalidMessageError' }))
  })
})

describe('metadata', () => {
  it('names whom a message addresses and where it comes from, beside what others put there', () => {
    const content = withForwarded(withMentions({ ...textContent('x'), metadata: { 'x-mood': 1 } }, [bob, bob]), {
      author: alice
    })
    expect(mentionsOf(content)).toEqual([bob])
    expect(forwardedOf(content)).toEqual({ author: alice })
    expect(content.metadata?.['x-mood']).toBe(1)
    expect(withMentions(content, []).metadata).not.toHaveProperty('mentions')
    expect(withMentions(content, undefined)).toBe(content)
  })

  it('that is not as it must be counts as not there', () => {
    for (const mentions of [7, 'x', {}, [1, null], Array.from({ length: 65 }, () => bob)]) {
      expect(mentionsOf({ parts: [], metadata: { mentions } })).toEqual([])
    }
    expect(mentionsOf({ parts: [], metadata: { mentions: ['nobody', bob] } })).toEqual([bob])
    for (const forwarded of [true, 'x', []]) expect(forwardedOf({ parts: [], metadata: { forwarded } })).toBeUndefined()
    expect(forwardedOf({ parts: [], metadata: { forwarded: { author: 7 } } })).toEqual({})
    expect(() =>
      withMentions(
        textContent('x'),
        Array.from({ length: 65 }, () => bob)
      )
    ).toThrow(/too-many/)
  })
})
