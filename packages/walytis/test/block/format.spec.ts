import { decode, encode } from '@ipld/dag-cbor'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeBlock, signedPart, signedPartOf } from '../../src/block/format.ts'
import { verifyRawBlock } from '../../src/block/verify.ts'
import { copyBytes } from '../../src/bytes.ts'
import { signEd25519 } from '../../src/crypto/ed25519.ts'
import { alice, bob } from '../../src/testing/actors.ts'
import { forgeGenesis } from '../../src/testing/forge.ts'
import { altered, BREACHES, content, first, genesis, valid } from '../support/altered-blocks.ts'

function ruleOf(block: Uint8Array, carried: Uint8Array = content): string | undefined {
  const verified = verifyRawBlock({ block, content: carried })
  return verified.ok ? undefined : verified.rule
}

describe('a block', () => {
  it('is read back as it was written', () => {
    const verified = verifyRawBlock(valid)
    expect(verified.ok && verified.block).toMatchObject({ ...valid.signed, creator: expect.anything() })
    expect(verified.ok && verified.block.creator.equals(bob.signer.publicKey)).toBe(true)
  })

  it('is signed over its map without the signature', () => {
    expect(signedPartOf(valid.block)).toEqual(signedPart(valid.signed))
    expect(signedPartOf(genesis.block)).toEqual(signedPart(genesis.signed))
  })

  it.each(BREACHES)('that breaks the rule %s is refused: %o', (rule, changes) => {
    expect(ruleOf(altered(changes))).toBe(rule)
  })

  it('of the right form with the wrong length of signature is refused', () => {
    expect(ruleOf(altered({ signature: new Uint8Array(63) }, false))).toBe('signature-form')
  })

  it('is refused when it is too large, before it is looked at', () => {
    expect(ruleOf(new Uint8Array(16 * 1024 + 1))).toBe('block-too-large')
  })

  it('is refused with content that is not its own', () => {
    expect(ruleOf(valid.block, new TextEncoder().encode('CONTENT'))).toBe('content-mismatch')
    expect(ruleOf(valid.block, new Uint8Array())).toBe('content-mismatch')
  })

  it('R1 is refused unsigned or wrongly signed', () => {
    expect(ruleOf(altered({ signature: undefined }, false))).toBe('fields')
    expect(ruleOf(altered({ signature: new Uint8Array(64) }, false))).toBe('signature')
    const { signature } = first.signed
    expect(ruleOf(altered({ signature }, false))).toBe('signature')
  })

  it('R2 is refused when it names another creator than its signer', () => {
    const creator = Uint8Array.of(0xed, 1, ...alice.signer.publicKey.raw)
    expect(ruleOf(altered({ creator }))).toBe('signature')
    expect(ruleOf(altered({ creator }, false))).toBe('signature')
  })

  it('R3 has no second encoding, and no bit of it can be changed', () => {
    fc.assert(
      fc.property(fc.nat({ max: valid.block.length * 8 - 1 }), (bit) => {
        const flipped = copyBytes(valid.block)
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        expect(ruleOf(flipped)).toBeDefined()
      }),
      { numRuns: 2000 }
    )
  })

  it('R3 is refused in encodings that mean the same', () => {
    // one byte more for the map's head, and for the small number after "v"
    expect(ruleOf(Uint8Array.of(0xb8, 12, ...valid.block.subarray(1)))).toBe('encoding')
    const longNumber = Uint8Array.of(...valid.block.subarray(0, 3), 0x18, 1, ...valid.block.subarray(4))
    expect(ruleOf(longNumber)).toBe('encoding')
    expect(ruleOf(Uint8Array.of(...valid.block, 0))).toBe('encoding')
    // keys in another order
    const [v, ...rest] = Object.entries(decode<Record<string, unknown>>(valid.block))
    const { block } = reordered(v, rest)
    expect(ruleOf(block)).toBe('not-canonical')
  })

  it('R4 is not accepted for a signature made in another context', () => {
    const map = copyBytes(valid.block, 0, valid.block.length - 76)
    map[0] = 0xab
    for (const domain of ['', 'walytis/block/2\0', 'walytis/join/1\0', 'walytis/block/1']) {
      const message = Uint8Array.of(...new TextEncoder().encode(domain), ...map)
      const signature = signEd25519(bob.secretKey, message)
      expect(ruleOf(altered({ signature }, false))).toBe('signature')
    }
  })

  it('R4 is not accepted for another chain', async () => {
    const elsewhere = await forgeGenesis(bob)
    expect(ruleOf(altered({ chain: elsewhere.signed.id }, false))).toBe('signature')
  })

  it('F8 of any bytes gives an answer', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        expect(decodeBlock(bytes).ok).toBe(false)
      })
    )
    fc.assert(
      fc.property(fc.object({ maxDepth: 3 }), (value) => {
        expect(decodeBlock(encode(value === undefined ? null : JSON.parse(JSON.stringify(value)))).ok).toBe(false)
      })
    )
    const nested = new Uint8Array(16 * 1024).fill(0x81)
    expect(decodeBlock(nested).ok).toBe(false)
  })
})

/** The map with one entry moved from the front to the back; each entry keeps its own encoding. */
function reordered(moved: [string, unknown] | undefined, rest: [string, unknown][]): { block: Uint8Array } {
  const entries = [...rest, ...(moved === undefined ? [] : [moved])]
  const parts = entries.map(([key, value]) => encode({ [key]: value }).subarray(1))
  return { block: Uint8Array.of(0xac, ...parts.flatMap((part) => [...part])) }
}
