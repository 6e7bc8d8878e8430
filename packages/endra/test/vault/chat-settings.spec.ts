import { describe, expect, it } from 'vitest'
import { chatSetting, chatSettings, isAboutChat, privacyOf, privacySetting } from '../../src/vault/chat-settings.ts'
import { EMPTY_VAULT, foldVault, type VaultState } from '../../src/vault/fold.ts'
import type { KnownRecord } from '../../src/vault/records.ts'
import { blockId, bob, chat } from '../people.ts'

function vaultOf(...records: KnownRecord[]): VaultState {
  const entries = records.map((record, index) => ({ record, height: index + 1, id: blockId(index) }))
  return foldVault(EMPTY_VAULT, entries)
}

describe('settings of a chat', () => {
  it('are nothing special until something is set, and the latest of each counts', () => {
    expect(chatSettings(EMPTY_VAULT, chat)).toEqual({ archived: false, pinned: false })
    const until = new Date(5_000)
    const state = vaultOf(
      chatSetting(chat, 'pinned', true),
      chatSetting(chat, 'mutedUntil', until),
      chatSetting(chat, 'archived', true),
      chatSetting(chat, 'archived', false)
    )
    expect(chatSettings(state, chat)).toEqual({ archived: false, pinned: true, mutedUntil: until })
    expect(chatSettings(state, bob)).toEqual({ archived: false, pinned: false })
    const ended = vaultOf(chatSetting(chat, 'mutedUntil', until), chatSetting(chat, 'mutedUntil', null))
    expect(chatSettings(ended, chat).mutedUntil).toBeUndefined()
  })

  it('that are not as they must be count as not set', () => {
    for (const value of ['yes', 1.5, -1, 9e15, {}]) {
      const odd = (name: 'archived' | 'mutedUntil'): KnownRecord => ({
        ...chatSetting(chat, name, true),
        value: { value }
      })
      expect(chatSettings(vaultOf(odd('archived'), odd('mutedUntil')), chat)).toEqual({
        archived: false,
        pinned: false
      })
    }
  })

  it('are told from others', () => {
    expect(isAboutChat(chatSetting(chat, 'pinned', true), chat)).toBe(true)
    expect(isAboutChat(chatSetting(bob, 'pinned', true), chat)).toBe(false)
    expect(isAboutChat(privacySetting('typing', false), chat)).toBe(false)
  })
})

it('what a profile lets others know is everything until it says otherwise', () => {
  expect(privacyOf(EMPTY_VAULT)).toEqual({ readReceipts: true, typing: true })
  expect(privacyOf(vaultOf(privacySetting('readReceipts', false)))).toEqual({ readReceipts: false, typing: true })
})
