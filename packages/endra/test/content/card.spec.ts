import { encode } from '@ipld/dag-cbor'
import { describe, expect, it } from 'vitest'
import { CARD_MEDIA_TYPE } from '../../src/constants.ts'
import { decodeCard, encodeCard } from '../../src/content/card.ts'
import { encodeMessage } from '../../src/content/format.ts'
import { textContent } from '../../src/content/parts.ts'

const carrying = (payload: Uint8Array): Uint8Array =>
  encodeMessage({ content: { parts: [{ kind: 'embedded', id: 'card', mediaType: CARD_MEDIA_TYPE, payload }] } })

describe('a profile card', () => {
  it('says a name', () => {
    expect(decodeCard(encodeCard({ name: 'Zoë ☕' }))).toEqual({ ok: true, value: { name: 'Zoë ☕' } })
  })

  it.each([
    ['no-card', encodeMessage({ content: textContent('Alice') })],
    ['card', carrying(encode({ v: 1, name: 'Alice', did: 'bob' }))],
    ['card', carrying(encode({ v: 2, name: 'Alice' }))],
    ['card-name', carrying(encode({ v: 1, name: 'Alice\u001b[2J' }))],
    ['card-name', carrying(encode({ v: 1, name: '\u202ecilA' }))],
    ['card-name', carrying(encode({ v: 1, name: 'A'.repeat(300) }))],
    ['too-large', carrying(new Uint8Array(5_000))],
    ['not-dag-cbor', carrying(new Uint8Array([0xff]))]
  ])('breaks the rule "%s"', (rule, bytes) => {
    expect(decodeCard(bytes)).toEqual({ ok: false, rule })
  })
})
