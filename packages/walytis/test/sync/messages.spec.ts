import { decode, encode } from '@ipld/dag-cbor'
import fc from 'fast-check'
import { CID } from 'multiformats/cid'
import { describe, expect, it } from 'vitest'
import { blockIdOf } from '../../src/block/id.ts'
import { MAX_MESSAGE_BYTES } from '../../src/sync/limits.ts'
import { decodeMessage, encodeMessage, type SyncMessage } from '../../src/sync/messages.ts'
import vectors from '../fixtures/v1/sync-messages.json' with { type: 'json' }
import { exampleMessages } from '../support/example-messages.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const fromHex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'))

describe('sync messages', () => {
  it('survive encoding and decoding', () => {
    for (const message of exampleMessages()) expect(decodeMessage(encodeMessage(message))).toEqual(message)
  })

  it('are encoded as they were when the format was frozen', () => {
    const messages = exampleMessages()
    expect(vectors.map(({ type }) => type)).toEqual(messages.map(({ type }) => type))
    for (const [i, { bytes }] of vectors.entries()) {
      expect(hex(encodeMessage(messages[i] as SyncMessage)), vectors[i]?.type).toBe(bytes)
      expect(decodeMessage(fromHex(bytes))).toEqual(messages[i])
    }
  })

  it('F8 are refused without throwing, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 512 }), (bytes) => {
        expect(decodeMessage(bytes)).toBeUndefined()
      })
    )
  })

  it('F8 that are damaged are refused, or are the canonical encoding of something else', () => {
    const encoded = exampleMessages().map(encodeMessage)
    fc.assert(
      fc.property(fc.constantFrom(...encoded), fc.nat(), fc.integer({ min: 1, max: 255 }), (bytes, at, flip) => {
        const damaged = bytes.slice()
        const i = at % damaged.length
        damaged[i] = (damaged[i] as number) ^ flip
        const message = decodeMessage(damaged)
        if (message !== undefined) expect(hex(encodeMessage(message))).toBe(hex(damaged))
      }),
      { numRuns: 2000 }
    )
  })

  it('F8 with other fields, types and versions are refused', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...exampleMessages()),
        fc.string({ minLength: 1 }),
        fc.anything(),
        (message, field, value) => {
          const map = decode<Record<string, unknown>>(encodeMessage(message))
          if (field in map) return
          let bytes: Uint8Array
          try {
            bytes = encode({ ...map, [field]: value })
          } catch {
            return // not a value that DAG-CBOR can hold
          }
          expect(decodeMessage(bytes)).toBeUndefined()
        }
      )
    )
    const chain = blockIdOf(new Uint8Array(1))
    expect(decodeMessage(encode({ v: 2, type: 'bye' }))).toBeUndefined()
    expect(decodeMessage(encode({ v: 1, type: 'toString' }))).toBeUndefined()
    expect(decodeMessage(encode({ v: 1, type: 'ack', chain, n: -1 }))).toBeUndefined()
    expect(decodeMessage(encode({ v: 1, type: 'ack', chain, n: 1.5 }))).toBeUndefined()
    expect(decodeMessage(encode({ v: 1, type: 'blocks', chain, n: 1, blocks: [] }))).toBeUndefined()
  })

  it('name chains by block ids only', () => {
    const raw = CID.createV1(0x55, blockIdOf(new Uint8Array(1)).multihash)
    expect(decodeMessage(encode({ v: 1, type: 'close', chain: raw }))).toBeUndefined()
  })

  it('F8 nested or long beyond reason are refused', () => {
    const nested = new Uint8Array(MAX_MESSAGE_BYTES).fill(0x81)
    expect(decodeMessage(nested)).toBeUndefined()
    expect(decodeMessage(new Uint8Array(MAX_MESSAGE_BYTES + 1))).toBeUndefined()
  })

  it('keep the bounds of ranges in order', () => {
    const chain = blockIdOf(new Uint8Array(1))
    const pair = (height: number) => [height, blockIdOf(Uint8Array.of(height))]
    const ranges = (list: unknown[]) => decodeMessage(encode({ v: 1, type: 'ranges', chain, round: 1, ranges: list }))
    expect(
      ranges([
        [pair(1), null],
        [pair(2), null],
        [null, null]
      ])
    ).toBeDefined()
    expect(
      ranges([
        [pair(2), null],
        [pair(1), null]
      ])
    ).toBeUndefined()
    expect(
      ranges([
        [null, null],
        [pair(1), null]
      ])
    ).toBeUndefined()
  })
})
