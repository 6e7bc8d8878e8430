import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { domains } from '../../src/domains.ts'
import { sealChunk } from '../../src/envelope/chunk.ts'
import { leafHash, proofOf, provesLeaf, rootOf } from '../../src/envelope/hash-tree.ts'
import { commitmentOf, HEADER_SIZE, sealHeader } from '../../src/envelope/header.ts'
import { checkEnvelope, envelopeSize, openContent, piecesOf } from '../../src/envelope/open.ts'
import { sealContent } from '../../src/envelope/seal.ts'
import { openDetails } from '../../src/reference/details.ts'
import { decodeReference } from '../../src/reference/format.ts'
import { epochOf, fixedRandom, openEpochOf, placeOf } from '../support/places.ts'

const epoch = epochOf('epoch')
const place = placeOf('chat', 'alice')
const contentOf = (size: number) => Uint8Array.from({ length: size }, (_, index) => (index * 7 + 1) % 251)
const seal = (content: Uint8Array, topics: string[] = []) =>
  sealContent(content, topics, place, openEpochOf('epoch'), fixedRandom('seed'))

describe('an envelope', () => {
  it.each([0, 1, 255, 256, 257, 65_535, 65_536, 65_537, 200_000, 262_144])('carries %i bytes', (size) => {
    const content = contentOf(size)
    const sealed = seal(content, ['a'])
    const decoded = decodeReference(sealed.referenceBytes)
    expect(decoded).toEqual({ ok: true, reference: sealed.reference })
    expect(sealed.envelope.length).toBe(envelopeSize(sealed.reference.sizeClass))
    expect(checkEnvelope(sealed.envelope, sealed.reference)).toBe(undefined)
    const opened = openContent(sealed.envelope, sealed.reference, sealed.details, place, epoch)
    expect(opened.ok && Buffer.from(opened.content).equals(content)).toBe(true)
    const details = openDetails(sealed.reference, place, epoch.secret(domains.detailsSecret))
    expect(details).toEqual({ ok: true, details: { size, topics: ['a'] } })
  })

  it('looks the same in size for all short messages', () => {
    expect(seal(contentOf(3)).envelope.length).toBe(seal(contentOf(250)).envelope.length)
  })

  it('R32 shares nothing with another envelope of the same content', () => {
    const random = fixedRandom('seed')
    const one = sealContent(contentOf(10), ['a'], place, openEpochOf('epoch'), random)
    const two = sealContent(contentOf(10), ['a'], place, openEpochOf('epoch'), random)
    expect(one.reference.root).not.toEqual(two.reference.root)
    expect(one.reference.commitment).not.toEqual(two.reference.commitment)
    expect(one.reference.details).not.toEqual(two.reference.details)
    expect(one.envelope.slice(-32)).not.toEqual(two.envelope.slice(-32))
  })

  it('proves each of its pieces alone', () => {
    const { envelope, reference } = seal(contentOf(200_000))
    const leaves = piecesOf(envelope).map(leafHash)
    expect(leaves.length).toBe(5)
    for (const [index, leaf] of leaves.entries()) {
      expect(provesLeaf(reference.root, leaf, index, leaves.length, proofOf(leaves, index))).toBe(true)
    }
  })

  it('R29 fails the check when any byte differs, wherever it lies', () => {
    const { envelope, reference } = seal(contentOf(100))
    fc.assert(
      fc.property(fc.nat({ max: envelope.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const broken = Uint8Array.from(envelope)
        broken[at] = (broken[at] ?? 0) ^ mask
        expect(checkEnvelope(broken, reference)).toBe('envelope-root')
      }),
      { numRuns: 500 }
    )
    expect(checkEnvelope(envelope.subarray(1), reference)).toBe('envelope-size')
    expect(checkEnvelope(new Uint8Array([...envelope, 0]), reference)).toBe('envelope-size')
    expect(checkEnvelope(new Uint8Array(), reference)).toBe('envelope-size')
  })

  it.each([
    ['another chain', placeOf('other chat', 'alice'), epoch],
    ['another creator', placeOf('chat', 'eve'), epoch],
    ['another epoch', place, epochOf('other epoch')]
  ])('does not open under %s', (_where, otherPlace, otherEpoch) => {
    const { envelope, reference, details } = seal(contentOf(100))
    const opened = openContent(envelope, reference, details, otherPlace, otherEpoch)
    expect(opened).toEqual({ ok: false, rule: 'key-not-authentic' })
  })
})

/** What a member could write that knows the epoch's secret and the format, and cheats. */
describe('a dishonest author', () => {
  const contentKey = new Uint8Array(32).fill(5)
  const salt = new Uint8Array(32).fill(6)
  const honest = seal(contentOf(100))
  const whole = new Uint8Array(256)

  function forge(pieces: Uint8Array[], commitment = commitmentOf(contentKey, place)) {
    const envelope = new Uint8Array(Buffer.concat(pieces))
    const reference = { ...honest.reference, commitment, root: rootOf(pieces.map(leafHash)) }
    expect(checkEnvelope(envelope, reference)).toBe(undefined)
    return openContent(envelope, reference, { size: 100, topics: [] }, place, epoch)
  }
  const header = sealHeader(contentKey, salt, place, epoch)
  const chunk = (last: boolean, index = 0) => sealChunk(contentKey, place, { index, last }, whole)

  it('is believed when all is right', () => {
    expect(forge([header, chunk(true)])).toEqual({ ok: true, content: new Uint8Array(100) })
  })

  it('cannot commit to one key and wrap another', () => {
    expect(forge([header, chunk(true)], commitmentOf(new Uint8Array(32), place))).toEqual({
      ok: false,
      rule: 'key-commitment'
    })
  })

  it('cannot commit to a key at another place', () => {
    expect(forge([header, chunk(true)], commitmentOf(contentKey, placeOf('chat', 'bob')))).toEqual({
      ok: false,
      rule: 'key-commitment'
    })
  })

  it.each([
    ['that is not the last as the last', chunk(false)],
    ['from another index', chunk(true, 1)],
    ['under another key', sealChunk(new Uint8Array(32), place, { index: 0, last: true }, whole)],
    ['of another creator', sealChunk(contentKey, placeOf('chat', 'bob'), { index: 0, last: true }, whole)]
  ])('cannot pass off a chunk %s', (_what, piece) => {
    expect(forge([header, piece])).toEqual({ ok: false, rule: 'chunk-not-authentic' })
  })

  it('cannot hide bytes in the padding', () => {
    const hidden = Uint8Array.from(whole)
    hidden[200] = 1
    const piece = sealChunk(contentKey, place, { index: 0, last: true }, hidden)
    expect(forge([header, piece])).toEqual({ ok: false, rule: 'padding' })
  })

  it('cannot write a header that is none', () => {
    expect(forge([new Uint8Array(HEADER_SIZE), chunk(true)])).toEqual({ ok: false, rule: 'header-malformed' })
    const wrapped = Uint8Array.from(header)
    wrapped[HEADER_SIZE - 1] = (wrapped[HEADER_SIZE - 1] ?? 0) ^ 1
    expect(forge([wrapped, chunk(true)])).toEqual({ ok: false, rule: 'key-not-authentic' })
  })
})
