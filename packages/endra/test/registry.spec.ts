import { encode } from '@ipld/dag-cbor'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeEntry, encodeEntry, type ProfileEntry } from '../src/registry.ts'
import { hostileBytes } from './arbitraries.ts'
import { alice, bob, carol } from './people.ts'

const names = { name: 'Alice', deviceName: 'Laptop' }
const entries: [string, ProfileEntry][] = [
  ['a ready profile', { step: 'ready', device: alice, user: bob, vault: carol, ...names }],
  ['a link that has only begun', { step: 'linking', device: alice, invitation: 'endra:x.y', ...names }],
  ['a link that has joined', { step: 'linking', device: alice, user: bob, invitation: 'endra:x.y', ...names }],
  [
    'a link that knows the vault',
    { step: 'linking', device: alice, user: bob, vault: carol, invitation: 'endra:x.y', ...names }
  ]
]

describe('entries of the registry', () => {
  it.each(entries)('%s says after decoding what it said before', (_, entry) => {
    expect(decodeEntry(encodeEntry(entry))).toEqual({ ok: true, value: entry })
  })

  it.each([
    ['version', { v: 2, step: 'ready', device: alice, user: bob, vault: carol, ...names }],
    ['fields', { v: 1, step: 'ready', device: 'alice', user: bob, vault: carol, ...names }],
    ['step', { v: 1, step: 'ready', device: alice, user: bob, ...names }],
    ['step', { v: 1, step: 'done', device: alice, user: bob, vault: carol, ...names }],
    ['step', { v: 1, step: 'linking', device: alice, ...names }]
  ])('break the rule "%s"', (rule, value) => {
    expect(decodeEntry(encode(value))).toEqual({ ok: false, rule })
  })

  it('F8 never make the decoder throw', () => {
    fc.assert(
      fc.property(hostileBytes(), (bytes) => {
        expect(decodeEntry(bytes).ok).toBe(false)
      })
    )
  })
})
