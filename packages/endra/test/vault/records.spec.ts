import { encode } from '@ipld/dag-cbor'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { StoredRecordError } from '../../src/errors.ts'
import { decodeRecord, encodeRecord, type KnownRecord } from '../../src/vault/records.ts'
import { hostileBytes } from '../arbitraries.ts'
import { alice, bob, chat } from '../people.ts'

const records: KnownRecord[] = [
  { kind: 'profile', key: '', value: { name: 'Alice' } },
  { kind: 'device', key: alice, value: { name: 'Laptop' } },
  { kind: 'chat', key: chat, value: { title: 'Tea', joined: 1_700_000_000_000 } },
  { kind: 'chat', key: chat, value: { title: 'Tea', joined: 1_700_000_000_000, left: 1_700_000_000_001 } },
  { kind: 'contact', key: bob, value: { name: 'Bob', at: 1 } },
  { kind: 'setting', key: 'theme', value: { value: { dark: true } } }
]

describe('vault records', () => {
  it.each(records)('of kind $kind say after decoding what they said before', (record) => {
    expect(decodeRecord(encodeRecord(record))).toEqual({ ok: true, value: record })
  })

  it('of unknown kinds are kept with all they hold', () => {
    for (const kind of ['poll', 'constructor', 'unknown']) {
      const bytes = encode({ v: 1, kind, key: 'k', value: { a: [1, null] } })
      expect(decodeRecord(bytes)).toEqual({
        ok: true,
        value: { kind: 'unknown', key: 'k', of: kind, value: { a: [1, null] } }
      })
    }
  })

  const broken: [string, unknown][] = [
    ['not-a-map', 1],
    ['version', { v: 2, kind: 'profile', key: '', value: { name: 'Alice' } }],
    ['fields', { v: 1, kind: 'profile', key: '', value: { name: 'Alice' }, extra: 1 }],
    ['kind', { v: 1, kind: '', key: '', value: {} }],
    ['key', { v: 1, kind: 'x', key: 5, value: {} }],
    ['value', { v: 1, kind: 'x', key: '', value: [] }],
    ['profile', { v: 1, kind: 'profile', key: 'k', value: { name: 'Alice' } }],
    ['device', { v: 1, kind: 'device', key: 'alice', value: { name: 'Laptop' } }],
    ['chat', { v: 1, kind: 'chat', key: chat, value: { title: 'Tea', joined: -1 } }],
    ['contact', { v: 1, kind: 'contact', key: bob, value: { name: 'a\u202eb', at: 1 } }],
    ['setting', { v: 1, kind: 'setting', key: '', value: { value: 1 } }]
  ]
  it.each(broken)('break the rule "%s"', (rule, value) => {
    expect(decodeRecord(encode(value))).toEqual({ ok: false, rule })
  })

  it('F8 never make the decoder throw', () => {
    fc.assert(
      fc.property(hostileBytes(), (bytes) => {
        expect(typeof decodeRecord(bytes).ok).toBe('boolean')
      }),
      { numRuns: 500 }
    )
  })

  it('that a decoder would refuse are not written', () => {
    expect(() => encodeRecord({ kind: 'profile', key: '', value: { name: '' } })).toThrow(StoredRecordError)
  })
})
