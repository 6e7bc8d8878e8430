import { decode, encode } from '@ipld/dag-cbor'
import fc from 'fast-check'
import { CID } from 'multiformats/cid'
import * as Digest from 'multiformats/hashes/digest'
import { describe, expect, it } from 'vitest'
import { type BlockFields, decodeFields, encodeFields } from '../../src/block/codec.ts'
import { alice, bob } from '../../src/testing/actors.ts'
import { forgeBlock, forgeGenesis } from '../../src/testing/forge.ts'

const cids = (codes: readonly number[]) =>
  fc
    .tuple(fc.constantFrom(...codes), fc.uint8Array({ minLength: 32, maxLength: 32 }))
    .map(([code, digest]) => CID.createV1(code, Digest.create(0x12, digest)))
const links = cids([0x71])
const counts = fc.oneof(
  fc.nat(70_000),
  fc.maxSafeNat(),
  fc.constantFrom(23, 24, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER)
)
const fieldsOf = fc.record<BlockFields>({
  v: counts,
  seq: counts,
  prev: fc.option(links),
  size: counts,
  time: counts,
  chain: fc.option(links),
  height: counts,
  topics: fc.array(fc.string({ unit: 'grapheme', maxLength: 40 }), { maxLength: 33 }),
  content: cids([0x55, 0x70, 0x71]),
  creator: fc.uint8Array({ maxLength: 40 }),
  parents: fc.array(links, { maxLength: 17 }),
  signature: fc.uint8Array({ maxLength: 300 })
})

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** What the general codec makes of bytes, when they are canonical. */
function general(bytes: Uint8Array): unknown {
  try {
    const value: unknown = decode(bytes)
    return hex(encode(value)) === hex(bytes) ? value : undefined
  } catch {
    return undefined
  }
}

describe('the codec of blocks', () => {
  it('writes what the general codec writes, and reads it back', () => {
    fc.assert(
      fc.property(fieldsOf, (fields) => {
        const bytes = encodeFields(fields)
        expect(hex(bytes)).toBe(hex(encode(fields)))
        expect(decodeFields(bytes)).toEqual(decode(bytes))
        const { signature: _, ...unsigned } = fields
        expect(hex(encodeFields(unsigned))).toBe(hex(encode(unsigned)))
        expect(decodeFields(encodeFields(unsigned))).toBeUndefined()
      }),
      { numRuns: 300 }
    )
  })

  it('F8 never reads what the general codec would refuse, or read otherwise, whatever is changed', async () => {
    const genesis = await forgeGenesis(alice)
    const block = await forgeBlock({
      signer: bob.signer,
      genesis: genesis.signed,
      parents: [genesis.signed],
      topics: ['a topic', 'ü'],
      content: new Uint8Array(300)
    })
    const change = fc.record({ at: fc.nat(block.block.length), cut: fc.nat(2), put: fc.uint8Array({ maxLength: 3 }) })
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 2 }), (changes) => {
        let bytes = block.block
        for (const { at, cut, put } of changes) {
          bytes = Uint8Array.of(...bytes.subarray(0, at), ...put, ...bytes.subarray(at + cut))
        }
        const read = decodeFields(bytes)
        if (read === undefined) return
        expect(read).toEqual(general(bytes))
        expect(hex(encodeFields(read))).toBe(hex(bytes))
      }),
      { numRuns: 5000 }
    )
  })

  it('F8 leaves longer numbers, other orders and other ends to the general codec', () => {
    const [fields] = fc.sample(fieldsOf, { numRuns: 1, seed: 1 }) as [BlockFields]
    const bytes = encodeFields({ ...fields, v: 1, topics: ['x'] })
    // v: 1 as a number of two bytes
    expect(bytes.subarray(0, 4)).toEqual(Uint8Array.of(0xac, 0x61, 0x76, 1))
    expect(decodeFields(Uint8Array.of(...bytes.subarray(0, 3), 0x18, 1, ...bytes.subarray(4)))).toBeUndefined()
    expect(decodeFields(Uint8Array.of(...bytes, 0))).toBeUndefined()
    for (let length = 0; length < bytes.length; length += 7)
      expect(decodeFields(bytes.subarray(0, length))).toBeUndefined()
    // text that is no UTF-8
    const at = Buffer.from(bytes).indexOf('topics') + 'topics'.length
    expect(bytes.subarray(at, at + 3)).toEqual(Uint8Array.of(0x81, 0x61, 0x78))
    const broken = bytes.slice()
    broken[at + 2] = 0xff
    expect(decodeFields(broken)).toBeUndefined()
  })
})
