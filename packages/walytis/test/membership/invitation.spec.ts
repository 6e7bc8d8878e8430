import { encode } from '@ipld/dag-cbor'
import { multiaddr } from '@multiformats/multiaddr'
import { base64urlnopad } from '@scure/base'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { blockIdOf } from '../../src/block/id.ts'
import { ed25519PublicKey } from '../../src/crypto/ed25519.ts'
import { InvitationError } from '../../src/errors.ts'
import {
  createInvitation,
  decodeInvitation,
  encodeInvitation,
  type InvitationDetails,
  invitationId,
  invitationSigningKey
} from '../../src/membership/invitation.ts'
import { alice } from '../../src/testing/actors.ts'
import vectors from '../fixtures/v1/invitation.json' with { type: 'json' }

const details: InvitationDetails = {
  chain: blockIdOf(new Uint8Array(1)),
  secret: new Uint8Array(32).fill(1),
  peer: alice.peerId.toString(),
  addresses: [multiaddr('/ip4/192.0.2.1/tcp/4001'), multiaddr('/dns4/example.org/tcp/443')],
  expires: new Date(Date.UTC(2026, 0, 1)),
  uses: 3,
  shared: true
}

describe('an invitation', () => {
  it('is one line that says all of it', () => {
    const text = encodeInvitation(details)
    expect(text).toMatch(/^walytis:[\w-]+$/)
    expect(decodeInvitation(text)).toEqual(details)
    expect(decodeInvitation(`\n  ${text} \t`)).toEqual(details)
    const invitation = createInvitation(details)
    expect(invitation).toMatchObject({
      chain: details.chain.toString(),
      uses: 3,
      shared: true,
      expires: details.expires
    })
    expect(JSON.stringify({ invitation })).toBe(`{"invitation":"${text}"}`)
  })

  it('is encoded, and its key derived, as when the format was frozen', () => {
    expect(encodeInvitation(details)).toBe(vectors.text)
    const seed = invitationSigningKey(details.secret)
    expect(Buffer.from(seed).toString('hex')).toBe(vectors.signingKey)
    expect(invitationId(ed25519PublicKey(seed))).toBe(vectors.id)
    expect(createInvitation(details).id).toBe(vectors.id)
  })

  it('does not name itself by anything that lets others use it', () => {
    expect(Buffer.from(base64urlnopad.decode(vectors.id))).toHaveLength(16)
  })

  it.each([
    ['', 'does not begin with'],
    ['hello', 'does not begin with'],
    ['walytis:', 'incomplete'],
    ['walytis:???', 'characters'],
    [encodeInvitation(details).slice(0, -9), 'incomplete'],
    [`walytis:${base64urlnopad.encode(encode({ v: 2 }))}`, 'newer version'],
    [encodeInvitation({ ...details, peer: 'nobody' }), 'names no peer'],
    [encodeInvitation({ ...details, uses: 0 }), 'terms'],
    [encodeInvitation({ ...details, secret: new Uint8Array(3) }), 'secret']
  ])('%j is refused, and it is said why', (text, explanation) => {
    try {
      decodeInvitation(text)
      expect.unreachable('it was taken')
    } catch (error) {
      expect(error).toBeInstanceOf(InvitationError)
      expect(error).toMatchObject({ name: 'InvitationError', reason: 'malformed' })
      expect(String((error as Error).cause)).toContain(explanation)
    }
  })

  it('F8 that is damaged is malformed, or says something else, but nothing else is thrown', () => {
    const text = encodeInvitation(details)
    const damaged = fc
      .tuple(fc.nat({ max: text.length - 1 }), fc.string({ maxLength: 4 }))
      .map(([at, put]) => text.slice(0, at) + put + text.slice(at + 1))
    fc.assert(
      fc.property(fc.oneof(fc.string(), damaged), (input) => {
        try {
          decodeInvitation(input)
        } catch (error) {
          expect(error).toBeInstanceOf(InvitationError)
        }
      }),
      { numRuns: 1000 }
    )
  })
})
