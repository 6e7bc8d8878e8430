import { readFileSync } from 'node:fs'
import { encode } from '@ipld/dag-cbor'
import { CID } from 'multiformats/cid'
import { describe, expect, it } from 'vitest'
import { audienceOf, decodeCard, encodeCard } from '../src/content/card.ts'
import { CHAT_INFO } from '../src/content/chat-info.ts'
import { decodeMessage, encodeMessage } from '../src/content/format.ts'
import { withForwarded, withMentions } from '../src/content/metadata.ts'
import { textContent, textPart } from '../src/content/parts.ts'
import { REACTION } from '../src/content/reaction.ts'
import { contentOfValue, valueIn } from '../src/content/typed.ts'
import { formatInvitation, parseInvitation } from '../src/invitation.ts'
import { encodeVaultAnswer, encodeVaultQuestion } from '../src/link-protocol.ts'
import { decodeEntry, encodeEntry } from '../src/registry.ts'
import { decodeSignal, encodeSignal } from '../src/signals/format.ts'
import { decodeMarks, encodeMarks } from '../src/state/marks-record.ts'
import { stateHash } from '../src/state-hash.ts'
import { chatSetting, privacySetting } from '../src/vault/chat-settings.ts'
import { blockedSetting, petnameSetting, verifiedSetting } from '../src/vault/contact-settings.ts'
import { hiddenRecord } from '../src/vault/hidden.ts'
import { decodeRecord, encodeRecord } from '../src/vault/records.ts'
import { bytesOf } from './arbitraries.ts'
import { alice, blockId, bob, carol, chat } from './people.ts'

/** Bytes that version 1 writes and must read for ever. A change here is a change of the format: it needs a new version. */
const frozen = JSON.parse(readFileSync(new URL('./fixtures/v1/records.json', import.meta.url), 'utf8')) as Record<
  string,
  string
>

const block = CID.parse('bafyreigdmqpykrgxyaxtlafqpqhzrb7qy2rh75nldvfd4tucqmqqme5yje')
const everyKind = {
  content: {
    parts: [
      textPart('1', 'Tea?'),
      { ...textPart('2', '*Tea*', 'text/markdown'), rendering: { collapsed: true } },
      { kind: 'referenced', block, part: '1' },
      {
        ...{
          kind: 'attached',
          attachment: block,
          mediaType: 'image/jpeg',
          size: 2 ** 33,
          hash: blockId(3).multihash.digest
        },
        ...{ name: 'Tea.jpg', rendering: { width: 640 } }
      },
      { kind: 'poll', options: ['yes', 'no'], closes: 2n ** 60n, ratio: 0.5, none: null }
    ],
    metadata: { 'x-mood': 'calm' }
  },
  replyTo: block.toString()
}
const card = { name: 'Alice', audience: audienceOf([alice, bob]) }
const addressed = withForwarded(withMentions(textContent('@Bob'), [bob, carol]), { author: alice })
const reaction = { content: contentOfValue(REACTION, { emoji: '🎂' }), replyTo: block.toString() }
const draft = { at: 1_700_000_000_000, content: encodeMessage({ content: textContent('Half a sen') }) }
const state = { kind: 'state', n: 7, have: [block], read: [block, blockId(2)], draft } as const
const marks = {
  n: 7,
  read: [block],
  settled: blockId(2),
  draft,
  devices: new Map([[bob, { member: carol, n: 3, have: [block], read: [] }]])
}
const picture = { mediaType: 'image/png', bytes: new Uint8Array([1, 2, 3]) }
const portrait = { name: 'Alice', about: 'Down the rabbit hole', picture }
const info = { title: 'Tea at six', picture, audience: card.audience }
const chatRecord = { kind: 'chat', key: chat, value: { title: 'Tea', joined: 1_700_000_000_000 } } as const
const contactRecord = { kind: 'contact', key: bob, value: { name: 'Bob', at: 1_700_000_000_000 } } as const
const ready = { step: 'ready', device: alice, user: bob, vault: carol, name: 'Alice', deviceName: 'Laptop' } as const
const invitation = { kind: 'chat', title: 'Tea at five', inviter: 'Alice', group: 'walytis:abcDEF-_123' } as const

const written: [string, () => string | Promise<string>][] = [
  ['message: text', () => bytesOf(encodeMessage({ content: textContent('Hello, Bob') }))],
  ['message: every kind of part', () => bytesOf(encodeMessage(everyKind))],
  ['profile card', () => bytesOf(encodeCard(card))],
  ['message: addressed, forwarded', () => bytesOf(encodeMessage({ content: addressed }))],
  ['message: reaction', () => bytesOf(encodeMessage(reaction))],
  ['vault: hidden message', () => bytesOf(encodeRecord(hiddenRecord(chat, block.toString(), true)))],
  ['signal: state', () => bytesOf(encodeSignal(state))],
  ['signal: typing', () => bytesOf(encodeSignal({ kind: 'typing', on: true }))],
  ['marks', () => bytesOf(encodeMarks(marks))],
  ['vault: chat setting', () => bytesOf(encodeRecord(chatSetting(chat, 'mutedUntil', new Date(1_700_000_000_000))))],
  ['vault: privacy', () => bytesOf(encodeRecord(privacySetting('readReceipts', false)))],
  ['profile card: all that it may say', () => bytesOf(encodeCard({ ...portrait, audience: card.audience }))],
  ['message: chat info', () => bytesOf(encodeMessage({ content: contentOfValue(CHAT_INFO, info) }))],
  ['vault: profile', () => bytesOf(encodeRecord({ kind: 'profile', key: '', value: portrait }))],
  ['vault: verified contact', () => bytesOf(encodeRecord(verifiedSetting(bob, [carol, alice])))],
  ['vault: blocked contact', () => bytesOf(encodeRecord(blockedSetting(bob, true)))],
  ['vault: petname', () => bytesOf(encodeRecord(petnameSetting(bob, 'Bobby')))],
  ['vault: chat', () => bytesOf(encodeRecord(chatRecord))],
  ['vault: contact', () => bytesOf(encodeRecord(contactRecord))],
  ['registry: ready', () => bytesOf(encodeEntry(ready))],
  ['link protocol: question', () => bytesOf(encodeVaultQuestion())],
  ['link protocol: answer', () => bytesOf(encodeVaultAnswer(carol))],
  ['invitation', () => formatInvitation(invitation)],
  [
    'state hash',
    () =>
      stateHash(
        chat,
        [
          { did: bob, role: 'member' },
          { did: alice, role: 'admin' }
        ],
        (async function* () {
          yield { id: blockId(1), author: alice, content: encode(1) }
          yield { id: blockId(2), author: bob, content: encode(2) }
        })()
      )
  ]
]

describe('format version 1', () => {
  it.each(written)('still writes "%s" as it always did', async (name, write) => {
    expect(await write()).toBe(frozen[name])
  })

  it('has a vector for everything that it writes, and no other', () => {
    expect(Object.keys(frozen).sort()).toEqual(written.map(([name]) => name).sort())
  })

  it('still reads what it always wrote', () => {
    const bytes = (name: string): Uint8Array => Uint8Array.from(Buffer.from(frozen[name] ?? '', 'hex'))
    expect(decodeMessage(bytes('message: every kind of part'))).toEqual({ ok: true, value: everyKind })
    expect(decodeCard(bytes('profile card'))).toEqual({ ok: true, value: card })
    const decodedReaction = decodeMessage(bytes('message: reaction'))
    expect(decodedReaction.ok && valueIn(REACTION, decodedReaction.value.content)).toEqual({ emoji: '🎂' })
    expect(decodeSignal(bytes('signal: state'))).toEqual({ ok: true, value: state })
    expect(decodeMarks(bytes('marks'))).toEqual({ ok: true, value: marks })
    const everything = { ok: true, value: { ...portrait, audience: card.audience } }
    expect(decodeCard(bytes('profile card: all that it may say'))).toEqual(everything)
    const decodedInfo = decodeMessage(bytes('message: chat info'))
    expect(decodedInfo.ok && valueIn(CHAT_INFO, decodedInfo.value.content)).toEqual(info)
    expect(decodeRecord(bytes('vault: chat'))).toEqual({ ok: true, value: chatRecord })
    expect(decodeRecord(bytes('vault: contact'))).toEqual({ ok: true, value: contactRecord })
    expect(decodeEntry(bytes('registry: ready'))).toEqual({ ok: true, value: ready })
    expect(parseInvitation(frozen['invitation'] ?? '')).toEqual(invitation)
  })
})
