import { encode } from '@ipld/dag-cbor'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeSignal, encodeSignal } from '../../src/signals/format.ts'
import { decodeMarks, encodeMarks, NO_MARKS } from '../../src/state/marks-record.ts'
import { hostileBytes } from '../arbitraries.ts'
import { alice, blockId, bob } from '../people.ts'

const draft = { at: 5, content: new Uint8Array([1]) }
const state = { kind: 'state', n: 1, have: [blockId(1)], read: [blockId(2)], draft } as const

describe('signals', () => {
  it('say after decoding what was encoded', () => {
    for (const signal of [state, { kind: 'state', n: 0, have: [] }, { kind: 'typing', on: false }] as const) {
      expect(decodeSignal(encodeSignal(signal))).toEqual({ ok: true, value: signal })
    }
  })

  const map = { v: 1, ...state }
  it.each([
    ['not-a-map', [1]],
    ['version', { ...map, v: 2 }],
    ['kind', { v: 1 }],
    ['typing', { v: 1, kind: 'typing', on: 1 }],
    ['typing', { v: 1, kind: 'typing', on: true, more: 1 }],
    ['state', { ...map, n: -1 }],
    ['state', { ...map, n: 1.5 }],
    ['state', { ...map, have: [1] }],
    ['state', { ...map, have: Array.from({ length: 17 }, (_, index) => blockId(index)) }],
    ['state', { ...map, read: 'all' }],
    ['state', { ...map, draft: { at: 1 } }],
    ['state', { ...map, draft: { at: 1, content: new Uint8Array(64 * 1024 + 1) } }],
    ['state', { ...map, more: 1 }],
    ['too-large', { ...map, draft: { at: 1, content: new Uint8Array(80 * 1024) } }]
  ])('are refused by the rule %s', (rule, value) => {
    expect(decodeSignal(encode(value))).toEqual({ ok: false, rule })
  })

  it('of kinds that a later version brings are taken without effect', () => {
    const decoded = decodeSignal(encode({ v: 1, kind: 'wave', hand: 'left' }))
    expect(decoded).toEqual({ ok: true, value: { kind: 'unknown' } })
  })

  it('F8 never make the decoder throw', () => {
    fc.assert(
      fc.property(hostileBytes(), (bytes) => {
        expect(typeof decodeSignal(bytes).ok).toBe('boolean')
        expect(typeof decodeMarks(bytes).ok).toBe('boolean')
      })
    )
  })
})

describe('marks', () => {
  const marks = { n: 1, read: [blockId(1)], devices: new Map([[alice, { member: bob, n: 2, have: [], read: [] }]]) }

  it('say after decoding what was encoded', () => {
    for (const each of [NO_MARKS, marks, { ...marks, draft, settled: blockId(3) }]) {
      expect(decodeMarks(encodeMarks(each))).toEqual({ ok: true, value: each })
    }
  })

  const map = { v: 1, n: 1, read: [], devices: {} }
  it.each([
    ['version', { ...map, v: 2 }],
    ['fields', { ...map, more: 1 }],
    ['marks', { ...map, n: 'x' }],
    ['marks', { ...map, settled: 'x' }],
    ['marks', { ...map, draft: 'x' }],
    ['devices', { ...map, devices: { nobody: { member: bob, n: 1, have: [], read: [] } } }],
    ['devices', { ...map, devices: { [alice]: { member: 'nobody', n: 1, have: [], read: [] } } }]
  ])('are refused by the rule %s', (rule, value) => {
    expect(decodeMarks(encode(value))).toEqual({ ok: false, rule })
  })
})
