import { encode } from '@ipld/dag-cbor'
import fc from 'fast-check'
import { CID } from 'multiformats/cid'
import { describe, expect, it } from 'vitest'
import { MAX_MESSAGE_BYTES } from '../../src/constants.ts'
import { decodeMessage, encodeMessage } from '../../src/content/format.ts'
import { textContent, textPart } from '../../src/content/parts.ts'
import { InvalidMessageError } from '../../src/errors.ts'
import { arbitraryMessage, bytesOf, hostileBytes } from '../arbitraries.ts'

const replyTo = 'bafyreigdmqpykrgxyaxtlafqpqhzrb7qy2rh75nldvfd4tucqmqqme5yje'
const text = (value: string): Record<string, unknown> => ({ ...textPart('1', value) })

describe('messages', () => {
  it('say after decoding what they said before encoding', () => {
    const content = {
      parts: [textPart('1', 'Hello'), { kind: 'poll', options: ['a'] }],
      metadata: { 'x-mood': 'calm' }
    }
    const decoded = decodeMessage(encodeMessage({ content, replyTo }))
    expect(decoded).toEqual({ ok: true, value: { content, replyTo } })
  })

  it('keep every byte from decoding to encoding again, unknown parts and metadata included', () => {
    fc.assert(
      fc.property(arbitraryMessage(), (message) => {
        const bytes = encodeMessage(message)
        const decoded = decodeMessage(bytes)
        expect(decoded.ok).toBe(true)
        if (decoded.ok) expect(bytesOf(encodeMessage(decoded.value))).toEqual(bytesOf(bytes))
      }),
      { numRuns: 500 }
    )
  })

  it('have one encoding only: a flipped bit is refused or says something else', () => {
    fc.assert(
      fc.property(arbitraryMessage(), fc.nat(), fc.nat(7), (message, at, bit) => {
        const bytes = encodeMessage(message)
        const changed = Uint8Array.from(bytes)
        const index = at % bytes.length
        changed[index] = (changed[index] ?? 0) ^ (1 << bit)
        const decoded = decodeMessage(changed)
        if (decoded.ok) expect(bytesOf(encodeMessage(decoded.value))).toEqual(bytesOf(changed))
      }),
      { numRuns: 500 }
    )
  })

  it('F8 never make the decoder throw, whatever the bytes', () => {
    fc.assert(
      fc.property(hostileBytes(), (bytes) => {
        const decoded = decodeMessage(bytes)
        expect(decoded.ok ? 'value' : decoded.rule).toBeTypeOf('string')
      }),
      { numRuns: 2_000 }
    )
  })

  it('F8 nested as deep as their size allows are refused', () => {
    expect(decodeMessage(new Uint8Array(MAX_MESSAGE_BYTES).fill(0x81))).toMatchObject({ ok: false })
  })

  it('can have no field that changes the prototype of what is decoded', () => {
    const bytes = encode(new Map<string, unknown>([['v', 1]]))
    expect(decodeMessage(bytes).ok).toBe(false)
    const polluted = encode({ v: 1, parts: [text('x')], metadata: JSON.parse('{"__proto__": {"admin": true}}') })
    const decoded = decodeMessage(polluted)
    if (decoded.ok) expect(Object.getPrototypeOf(decoded.value.content.metadata)).toBe(Object.prototype)
    expect(({} as { admin?: boolean }).admin).toBeUndefined()
  })

  const rules: [string, unknown][] = [
    ['not-a-map', [1]],
    ['version', { v: 2, parts: [text('x')], metadata: {} }],
    ['version', { parts: [text('x')], metadata: {} }],
    ['fields', { v: 1, parts: [text('x')], metadata: {}, author: 'did:walytis:bob' }],
    ['fields', { v: 1, parts: [text('x')] }],
    ['metadata', { v: 1, parts: [text('x')], metadata: [] }],
    ['reply-to', { v: 1, parts: [text('x')], metadata: {}, replyTo }],
    ['parts', { v: 1, parts: 'x', metadata: {} }],
    ['no-parts', { v: 1, parts: [], metadata: {} }],
    ['too-many-parts', { v: 1, parts: Array.from({ length: 65 }, () => ({ kind: 'x' })), metadata: {} }],
    ['part', { v: 1, parts: ['x'], metadata: {} }],
    ['embedded-part', { v: 1, parts: [{ kind: 'embedded' }], metadata: {} }],
    ['duplicate-part-id', { v: 1, parts: [text('x'), text('y')], metadata: {} }],
    ['too-deep', { v: 1, parts: [text('x')], metadata: { deep: nested(20) } }],
    ['too-large', { v: 1, parts: [text('x'.repeat(MAX_MESSAGE_BYTES))], metadata: {} }]
  ]
  it.each(rules)('break the rule "%s"', (rule, value) => {
    expect(decodeMessage(encode(value))).toEqual({ ok: false, rule })
  })

  it('in another than the canonical form are refused', () => {
    const canonical = encode({ v: 1, parts: [text('x')], metadata: {} })
    expect(decodeMessage(canonical).ok).toBe(true)
    // The map's head says "three entries follow" in two bytes instead of one.
    const padded = new Uint8Array([0xb8, 0x03, ...canonical.subarray(1)])
    expect(canonical[0]).toBe(0xa3)
    expect(decodeMessage(padded).ok).toBe(false)
    expect(decodeMessage(new Uint8Array([...canonical, 0])).ok).toBe(false)
  })
})

describe('content that can not be sent', () => {
  it('is named by the rule that it breaks', () => {
    expect(() => encodeMessage({ content: { parts: [] } })).toThrow(new InvalidMessageError('no-parts'))
    expect(() => encodeMessage({ content: textContent('x'), replyTo: 'nothing' })).toThrow(InvalidMessageError)
    expect(() => encodeMessage({ content: { parts: [{ kind: 'x', at: Number.NaN }] } })).toThrow(InvalidMessageError)
    expect(() => encodeMessage({ content: { parts: [{ kind: 'x', deep: { at: undefined } }] } })).toThrow(
      InvalidMessageError
    )
    expect(() => encodeMessage({ content: textContent('x'.repeat(MAX_MESSAGE_BYTES)) })).toThrow(
      new InvalidMessageError('too-large')
    )
  })

  it('may leave optional fields undefined', () => {
    const part = { ...textPart('1', 'x'), rendering: undefined }
    const bytes = encodeMessage({ content: { parts: [part], metadata: undefined }, replyTo: undefined })
    expect(decodeMessage(bytes)).toEqual({
      ok: true,
      value: { content: { parts: [textPart('1', 'x')], metadata: {} } }
    })
  })

  it('keeps CIDs as links', () => {
    const block = CID.parse(replyTo)
    const decoded = decodeMessage(encodeMessage({ content: { parts: [{ kind: 'referenced', block, part: '1' }] } }))
    expect(decoded.ok && block.equals(decoded.value.content.parts[0]?.['block' as 'kind'] as unknown as CID)).toBe(true)
  })
})

function nested(depth: number): unknown {
  return depth === 0 ? 0 : [nested(depth - 1)]
}
