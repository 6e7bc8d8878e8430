import { encode } from '@ipld/dag-cbor'
import { describe, expect, it } from 'vitest'
import { CARD_MEDIA_TYPE } from '../../src/constants.ts'
import { audienceOf, decodeCard, encodeCard, likenessOf } from '../../src/content/card.ts'
import { encodeMessage } from '../../src/content/format.ts'
import { textContent } from '../../src/content/parts.ts'
import { alice, bob } from '../people.ts'

const carrying = (payload: Uint8Array): Uint8Array =>
  encodeMessage({ content: { parts: [{ kind: 'embedded', id: 'card', mediaType: CARD_MEDIA_TYPE, payload }] } })

const audience = audienceOf([alice, bob])

describe('an audience', () => {
  it('is a matter of who belongs to it, not of their order', () => {
    expect(audienceOf([bob, alice])).toEqual(audience)
    expect(audienceOf([alice])).not.toEqual(audience)
  })
})

describe('a profile card', () => {
  it('says a name', () => {
    expect(decodeCard(encodeCard({ name: 'Zoë ☕', audience }))).toEqual({
      ok: true,
      value: { name: 'Zoë ☕', audience }
    })
  })

  it('may say more, and show a picture', () => {
    const card = { name: 'Zoë', about: 'two\nlines', picture: { mediaType: 'image/webp', bytes: audience }, audience }
    expect(decodeCard(encodeCard(card))).toEqual({ ok: true, value: card })
    expect(likenessOf(card)).not.toEqual(likenessOf({ name: 'Zoë' }))
    expect(likenessOf(card)).toEqual(likenessOf({ ...card, picture: { ...card.picture } }))
  })

  it.each([
    ['no-card', encodeMessage({ content: textContent('Alice') })],
    ['card', carrying(encode({ v: 1, name: 'Alice', audience, did: 'bob' }))],
    ['card', carrying(encode({ v: 2, name: 'Alice', audience }))],
    ['card-name', carrying(encode({ v: 1, name: 'Alice\u001b[2J', audience }))],
    ['card-name', carrying(encode({ v: 1, name: '\u202ecilA', audience }))],
    ['card-name', carrying(encode({ v: 1, name: 'A'.repeat(300), audience }))],
    ['card-about', carrying(encode({ v: 1, name: 'Alice', about: 'x'.repeat(1025), audience }))],
    [
      'card-picture',
      carrying(encode({ v: 1, name: 'Alice', picture: { mediaType: 'text/html', bytes: audience }, audience }))
    ],
    [
      'card-picture',
      carrying(encode({ v: 1, name: 'Alice', picture: { mediaType: 'image/png', bytes: 1 }, audience }))
    ],
    ['audience', carrying(encode({ v: 1, name: 'Alice', audience: new Uint8Array(15) }))],
    ['too-large', carrying(new Uint8Array(50_000))],
    ['not-dag-cbor', carrying(new Uint8Array([0xff]))]
  ])('breaks the rule "%s"', (rule, bytes) => {
    expect(decodeCard(bytes)).toEqual({ ok: false, rule })
  })
})
