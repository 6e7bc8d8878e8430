import { encode } from '@ipld/dag-cbor'
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import fc from 'fast-check'
import { concat } from 'uint8arrays'
import { describe, expect, it } from 'vitest'
import { prefixes } from '../../src/domains.ts'
import { bindingBytes } from '../../src/reference/binding.ts'
import { areTopics, openDetails, sealDetails } from '../../src/reference/details.ts'
import { encodeReference, type Reference } from '../../src/reference/format.ts'
import { idOf, placeOf } from '../support/places.ts'

const open = {
  epoch: idOf('epoch'),
  root: new Uint8Array(32).fill(1),
  commitment: new Uint8Array(32).fill(2),
  sizeClass: 512
}
const place = placeOf('chat', 'alice')
const key = new Uint8Array(32).fill(9)
const nonce = new Uint8Array(24).fill(8)
const seal = (size: number, topics: string[]): Reference => ({
  ...open,
  details: sealDetails({ size, topics }, open, place, key, nonce)
})

/** Details that no honest author writes, sealed as an author would. */
function sealRaw(padded: Uint8Array): Reference {
  const aad = concat([prefixes.details, bindingBytes(place), encodeReference({ ...open, details: new Uint8Array() })])
  return { ...open, details: concat([nonce, xchacha20poly1305(key, nonce, aad).encrypt(padded)]) }
}
function padded(value: unknown): Uint8Array {
  const encoded = encode(value)
  const bytes = new Uint8Array(Math.ceil((encoded.length + 2) / 64) * 64)
  new DataView(bytes.buffer).setUint16(0, encoded.length)
  bytes.set(encoded, 2)
  return bytes
}

describe('sealed details', () => {
  it('open to what was sealed', () => {
    const topics = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 30 }), { maxLength: 32 })
    fc.assert(
      fc.property(topics, fc.integer({ min: 257, max: 512 }), (given, size) => {
        const opened = openDetails(seal(size, given), place, key)
        expect(opened).toEqual({ ok: true, details: { size, topics: given } })
      })
    )
  })

  it('hide how long the topics are, up to a step', () => {
    expect(seal(300, []).details.length).toBe(seal(300, ['a topic of some length']).details.length)
  })

  it('R32 hold no topic in clear', () => {
    const reference = encodeReference(seal(300, ['planted-topic']))
    expect(Buffer.from(reference).includes('planted-topic')).toBe(false)
    expect(Buffer.from(encode(['planted-topic'])).includes('planted-topic')).toBe(true)
  })

  it.each([
    ['another chain', placeOf('other chat', 'alice')],
    ['another creator', placeOf('chat', 'eve')]
  ])('do not open under %s', (_where, other) => {
    expect(openDetails(seal(300, ['a']), other, key)).toEqual({ ok: false, rule: 'details-not-authentic' })
  })

  it.each([
    ['epoch', { epoch: idOf('other epoch') }],
    ['root', { root: new Uint8Array(32).fill(7) }],
    ['commitment', { commitment: new Uint8Array(32).fill(7) }],
    ['size class', { sizeClass: 1024 }]
  ])('do not open beneath another %s', (_field, change) => {
    const opened = openDetails({ ...seal(300, ['a']), ...change }, place, key)
    expect(opened).toEqual({ ok: false, rule: 'details-not-authentic' })
  })

  it.each([
    ['details-malformed', Uint8Array.of(0)],
    ['details-malformed', new Uint8Array(64).fill(255)],
    ['details-malformed', padded({ size: 300 })],
    ['details-malformed', padded({ size: 300, topics: [], more: 1 })],
    ['details-malformed', concat([padded({ size: 300, topics: [] }), new Uint8Array(64)])],
    ['details-size', padded({ size: 100, topics: [] })],
    ['details-size', padded({ size: -1, topics: [] })],
    ['details-size', padded({ size: '300', topics: [] })],
    ['details-topics', padded({ size: 300, topics: ['a', 'a'] })],
    ['details-topics', padded({ size: 300, topics: [1] })],
    ['details-topics', padded({ size: 300, topics: 'a' })],
    ['details-topics', padded({ size: 300, topics: ['x'.repeat(129)] })],
    ['details-topics', padded({ size: 300, topics: Array.from({ length: 33 }, String) })]
  ])('are refused as %s', (rule, plaintext) => {
    expect(openDetails(sealRaw(plaintext), place, key)).toEqual({ ok: false, rule })
  })

  it('are refused when something hides in the padding', () => {
    const plaintext = padded({ size: 300, topics: [] })
    plaintext[plaintext.length - 1] = 1
    expect(openDetails(sealRaw(plaintext), place, key)).toEqual({ ok: false, rule: 'details-malformed' })
  })

  it('count the length of a topic in bytes', () => {
    expect(areTopics(['é'.repeat(64)])).toBe(true)
    expect(areTopics(['é'.repeat(65)])).toBe(false)
  })
})
