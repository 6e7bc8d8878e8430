import { encode } from '@ipld/dag-cbor'
import fc from 'fast-check'
import { CID } from 'multiformats/cid'
import { identity } from 'multiformats/hashes/identity'
import { describe, expect, it } from 'vitest'
import { MAX_OPERATION_BYTES, OPERATION_OVERHEAD } from '../../src/constants.ts'
import { type ChangeKind, decodeOperation, encodeOperation, type Operation } from '../../src/operations/format.ts'
import { idOf } from '../support/drawn-chain.ts'

const kinds: ChangeKind[] = ['update', 'delete', 'restore']
const original = idOf(1)

const operations: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({
    kind: fc.constant('update' as const),
    original: fc.nat().map(idOf),
    content: fc.uint8Array({ maxLength: 300 })
  }),
  fc.record({ kind: fc.constantFrom('delete' as const, 'restore' as const), original: fc.nat().map(idOf) })
)

describe('operation format', () => {
  it('reads what it writes', () => {
    fc.assert(
      fc.property(operations, (operation) => {
        expect(decodeOperation(operation.kind, encodeOperation(operation))).toEqual({ operation })
      })
    )
  })

  it('adds no more than the overhead to the largest content', () => {
    const content = new Uint8Array(MAX_OPERATION_BYTES - OPERATION_OVERHEAD)
    const bytes = encodeOperation({ kind: 'update', original, content })
    expect(bytes.byteLength).toBeLessThanOrEqual(MAX_OPERATION_BYTES)
    expect(decodeOperation('update', bytes)).toHaveProperty('operation')
  })

  it('F8 never throws, and takes one encoding only', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), fc.constantFrom(...kinds), (bytes, kind) => {
        expect(decodeOperation(kind, bytes)).toHaveProperty('rule')
      })
    )
    fc.assert(
      fc.property(operations, fc.nat(), fc.integer({ min: 1, max: 255 }), (operation, at, flip) => {
        const bytes = encodeOperation(operation)
        const index = at % bytes.byteLength
        bytes[index] = (bytes[index] ?? 0) ^ flip
        const decoded = decodeOperation(operation.kind, bytes)
        // Either refused, or another value whose own encoding is these bytes.
        if ('operation' in decoded) expect(encodeOperation(decoded.operation)).toEqual(bytes)
      })
    )
  })

  it.each([
    ['too-large', 'update', new Uint8Array(MAX_OPERATION_BYTES + 1)],
    ['malformed', 'delete', new Uint8Array([0xff])],
    ['malformed', 'delete', encode([1, original])],
    ['malformed', 'delete', encode(original)],
    ['malformed', 'delete', encode({ original })],
    ['malformed', 'delete', encode({ v: 1, original: CID.createV1(0x55, original.multihash) })],
    ['malformed', 'delete', encode({ v: 1, original: CID.createV1(0x71, identity.digest(new Uint8Array(1000))) })],
    ['malformed', 'delete', encode({ v: 1, original: original.toString() })],
    ['malformed', 'update', encode({ v: 1, original })],
    ['malformed', 'update', encode({ v: 1, original, content: 'text' })],
    ['unknown-version', 'delete', encode({ v: 2, original })],
    ['not-canonical', 'delete', encode({ v: 1, original, content: new Uint8Array() })],
    ['not-canonical', 'update', encode({ v: 1, original, content: new Uint8Array(), more: 1 })]
  ] as const)('refuses by the rule %s (%s, case %#)', (rule, kind, bytes) => {
    expect(decodeOperation(kind, bytes)).toEqual({ rule })
  })

  it('refuses deep nesting', () => {
    expect(decodeOperation('delete', new Uint8Array(200_000).fill(0x81))).toEqual({ rule: 'malformed' })
  })

  it('refuses keys in another order', () => {
    const canonical = encode({ v: 1, original })
    // a2 | 61 76 01 | 68 "original" d8 2a …
    const version = canonical.subarray(1, 4)
    const swapped = new Uint8Array([0xa2, ...canonical.subarray(4), ...version])
    expect(decodeOperation('delete', swapped)).toHaveProperty('rule')
  })
})
