import { hexToBytes } from '@noble/hashes/utils.js'
import { describe, expect, it } from 'vitest'
import { parseInvitation } from '../src/members/invite.ts'
import { decodeJoinAnswer, decodeJoinRequest } from '../src/members/join-messages.ts'
import { decodeKeyMessage } from '../src/members/key-messages.ts'
import { decodeLinkCommitment, decodeLinkNonce, decodeLinkReveal } from '../src/members/link-code.ts'
import { decodeGroupAnnotation } from '../src/state/annotation.ts'
import { EvidenceStore } from '../src/state/evidence.ts'
import groups from './fixtures/v1/groups.json' with { type: 'json' }
import { groupVectors } from './support/group-vectors.ts'

describe('version 1 of the formats of groups, frozen', () => {
  it('epochs, invitations, events, messages', async () => {
    expect(await groupVectors()).toEqual(groups)
  })

  it('a chain written then proves now who is a member', async () => {
    const store = new EvidenceStore()
    const raws = groups.chain.map(({ block, content }) => ({ block: hexToBytes(block), content: hexToBytes(content) }))
    const group = groups.group as `did:walytis:${string}`
    const ids = await store.admit(group, raws, new Set())
    expect(ids).toHaveLength(3)
    const all = new Set(ids as string[])
    await store.prepare(group, all)
    const devices = store.resolve(group, all)?.devices.map(({ did }) => did)
    expect(devices).toEqual([groups.members.alice, groups.members.bob])
  })

  it('texts and messages written then are read now', () => {
    expect(parseInvitation(groups.invitation.text)).toMatchObject({ group: groups.group, uses: 2, shared: true })
    expect(parseInvitation(groups.invitation.link)).toMatchObject({ uses: 1, shared: false, link: true })
    expect(decodeLinkCommitment(hexToBytes(groups.link.commitment))).toHaveLength(32)
    expect(decodeLinkNonce(hexToBytes(groups.link.nonce))).toHaveLength(32)
    expect(decodeLinkReveal(hexToBytes(groups.link.reveal))?.request).toEqual(new Uint8Array([1, 2, 3]))
    expect(decodeGroupAnnotation(hexToBytes(groups.annotation))).toMatchObject({
      node: true,
      author: groups.members.alice
    })
    expect(decodeKeyMessage(hexToBytes(groups.messages.want))).toMatchObject({ kind: 'want' })
    expect(decodeKeyMessage(hexToBytes(groups.messages.have))).toMatchObject({ kind: 'have' })
    expect(decodeJoinRequest(hexToBytes(groups.messages.join))).toMatchObject({ member: groups.members.bob })
    expect(decodeJoinAnswer(hexToBytes(groups.messages.welcome))?.seeds).toHaveLength(1)
    expect(decodeJoinAnswer(hexToBytes(groups.messages.refused))).toBeUndefined()
  })

  it('F8 garbage is no message, and makes nothing throw', () => {
    const bytes = hexToBytes(groups.messages.have)
    for (let at = 0; at < bytes.length; at++) {
      const cut = bytes.subarray(0, at)
      const changed = Uint8Array.from(bytes)
      changed[at] = 255 - (changed[at] ?? 0)
      for (const candidate of [cut, changed]) {
        expect(() => [
          decodeKeyMessage(candidate),
          decodeJoinAnswer(candidate),
          decodeJoinRequest(candidate),
          decodeLinkCommitment(candidate),
          decodeLinkNonce(candidate),
          decodeLinkReveal(candidate),
          decodeGroupAnnotation(candidate)
        ]).not.toThrow()
      }
      expect(decodeKeyMessage(cut)).toBeUndefined()
    }
    for (const text of ['', 'walytis:', 'walytis:group:', 'walytis:group:%%%', `${groups.invitation.text}A`]) {
      expect(() => parseInvitation(text)).toThrow(
        expect.objectContaining({ name: 'InvitationError', reason: 'malformed' })
      )
    }
  })
})
