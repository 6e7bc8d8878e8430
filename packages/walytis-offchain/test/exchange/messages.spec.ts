import { encode } from '@ipld/dag-cbor'
import fc from 'fast-check'
import { CID } from 'multiformats/cid'
import { identity } from 'multiformats/hashes/identity'
import { describe, expect, it } from 'vitest'
import { decodeMessage, encodeMessage, type Message } from '../../src/exchange/messages.ts'
import { idOf } from '../support/places.ts'

const give: Message = {
  kind: 'give',
  items: [{ block: idOf('x'), envelope: new Uint8Array(300).fill(7) }],
  missing: [idOf('y'), idOf('z')]
}

/** A CID that is no hash at all: as long as its sender likes. */
const longId = CID.createV1(0x71, identity.digest(new Uint8Array(100_000)))
const contentId = CID.createV1(0x55, idOf('x').multihash)

describe('messages of the exchange', () => {
  it.each<Message>([
    give,
    { kind: 'give', items: [], missing: [idOf('y')] },
    { kind: 'want', blocks: [idOf('x'), idOf('y')] },
    { kind: 'have', blocks: [idOf('x')] }
  ])('come back as they were sent: $kind', (message) => {
    expect(decodeMessage(encodeMessage(message))).toEqual({ ok: true, message })
  })

  it.each([
    ['message-too-large', new Uint8Array(1024 * 1024 + 1)],
    ['message-not-canonical', new Uint8Array()],
    ['message-not-canonical', encode('want')],
    ['message-not-canonical', new Uint8Array([...encodeMessage(give), 0])],
    ['message-kind', encode({ kind: 'take', blocks: [idOf('x')] })],
    ['message-kind', encode([])],
    ['message-fields', encode({ kind: 'want' })],
    ['message-fields', encode({ kind: 'want', blocks: [] })],
    ['message-fields', encode({ kind: 'want', blocks: ['x'] })],
    ['message-fields', encode({ kind: 'want', blocks: [idOf('x')], more: 1 })],
    ['message-fields', encode({ kind: 'have', blocks: Array(257).fill(idOf('x')) })],
    ['message-fields', encode({ kind: 'give', items: [] })],
    ['message-fields', encode({ kind: 'give', items: [[idOf('x')]], missing: [] })],
    ['message-fields', encode({ kind: 'give', items: [[idOf('x'), 'text']], missing: [] })],
    ['message-fields', encode({ kind: 'give', items: [['x', new Uint8Array()]], missing: [] })],
    ['message-fields', encode({ kind: 'give', items: [], missing: [null] })],
    ['message-fields', encode({ kind: 'have', blocks: [longId] })],
    ['message-fields', encode({ kind: 'want', blocks: [contentId] })],
    ['message-fields', encode({ kind: 'give', items: [[longId, new Uint8Array()]], missing: [] })]
  ])('are refused as %s', (rule, frame) => {
    expect(decodeMessage(frame)).toEqual({ ok: false, rule })
  })

  it('F8 never throw for bytes of whatever kind, and have one encoding', () => {
    const frame = encodeMessage(give)
    const changed = fc.tuple(fc.nat({ max: frame.length - 1 }), fc.integer({ min: 1, max: 255 })).map(([at, mask]) => {
      const copy = Uint8Array.from(frame)
      copy[at] = (copy[at] ?? 0) ^ mask
      return copy
    })
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), changed), (bytes) => {
        const decoded = decodeMessage(bytes)
        if (decoded.ok) expect(encodeMessage(decoded.message)).toEqual(bytes)
      }),
      { numRuns: 2000 }
    )
  })
})
