import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  contactsOf,
  deviceName,
  EMPTY_VAULT,
  findRecord,
  foldVault,
  joinedChats,
  type VaultEntry
} from '../../src/vault/fold.ts'
import type { VaultRecord } from '../../src/vault/records.ts'
import { alice, blockId, bob, carol, chat } from '../people.ts'

const at = (height: number, byte: number, record: VaultRecord): VaultEntry => ({ record, height, id: blockId(byte) })
const title = (text: string): VaultRecord => ({ kind: 'chat', key: chat, value: { title: text, joined: 5 } })

/** Records that contend for few keys at few heights, each with an id of its own, as blocks have. */
const entries = fc.uniqueArray(fc.nat(255), { maxLength: 30 }).chain((ids) =>
  fc.tuple(
    ...ids.map((id) =>
      fc
        .record({
          height: fc.nat(5),
          key: fc.constantFrom(alice, bob, carol),
          name: fc.string({ unit: 'grapheme-ascii', minLength: 1 })
        })
        .map(({ height, key, name }) => at(height, id, { kind: 'contact', key, value: { name, at: 0 } }))
    )
  )
)

describe('what a vault says', () => {
  it('is the latest record of each kind and key in canonical order', () => {
    const state = foldVault(EMPTY_VAULT, [
      at(1, 1, title('first')),
      at(3, 1, title('third')),
      at(2, 9, title('second'))
    ])
    expect(findRecord(state, 'chat', chat)?.value.title).toBe('third')
  })

  it('is decided by the id among records of the same height', () => {
    const state = foldVault(EMPTY_VAULT, [at(1, 8, title('higher id')), at(1, 7, title('lower id'))])
    expect(findRecord(state, 'chat', chat)?.value.title).toBe('higher id')
  })

  it('is the same for any order of arrival, in any portions, with repetitions', () => {
    fc.assert(
      fc.property(entries, fc.array(fc.nat()), fc.nat(30), (list, order, cut) => {
        const expected = foldVault(EMPTY_VAULT, list)
        const shuffled = list
          .map((entry, index) => ({ entry, rank: order[index] ?? index }))
          .sort((a, b) => a.rank - b.rank)
          .map(({ entry }) => entry)
        const portions = foldVault(foldVault(EMPTY_VAULT, shuffled.slice(0, cut)), shuffled.slice(cut))
        expect(foldVault(portions, shuffled)).toEqual(portions)
        expect(contactsOf(portions)).toEqual(contactsOf(expected))
      })
    )
  })

  it('leaves chats out that were left, and shows them again when joined anew', () => {
    const left: VaultRecord = { kind: 'chat', key: chat, value: { title: 'Tea', joined: 5, left: 6 } }
    const state = foldVault(EMPTY_VAULT, [at(1, 1, title('Tea')), at(2, 2, left)])
    expect(joinedChats(state)).toEqual([])
    expect(joinedChats(foldVault(state, [at(3, 3, title('Tea'))]))).toHaveLength(1)
  })

  it('keeps records of kinds that it does not know apart, without effect', () => {
    const unknown: VaultRecord = { kind: 'unknown', of: 'poll', key: chat, value: { a: 1 } }
    const state = foldVault(EMPTY_VAULT, [at(1, 1, title('Tea')), at(2, 2, unknown)])
    expect(joinedChats(state)).toHaveLength(1)
    expect([...state.values()].map((entry) => entry.record)).toContain(unknown)
  })

  it('knows devices by name', () => {
    const state = foldVault(EMPTY_VAULT, [at(1, 1, { kind: 'device', key: alice, value: { name: 'Phone' } })])
    expect(deviceName(state, alice)).toBe('Phone')
    expect(deviceName(state, bob)).toBeUndefined()
  })
})
