import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { blockIdOf } from '../../src/block/id.ts'
import { ed25519PublicKey, signEd25519 } from '../../src/crypto/ed25519.ts'
import { multikeyOf } from '../../src/crypto/multikey.ts'
import {
  decodeAnswer,
  decodeChallenge,
  decodeProof,
  encodeAnswer,
  encodeChallenge,
  encodeProof,
  type JoinProof,
  transcriptBytes,
  verifyJoinProof
} from '../../src/membership/join.ts'
import { alice, bob, carol } from '../../src/testing/actors.ts'
import vectors from '../fixtures/v1/join.json' with { type: 'json' }

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const chain = blockIdOf(new Uint8Array(1))
const challenge = new Uint8Array(32).fill(1)
const seed = new Uint8Array(32).fill(2)
const key = multikeyOf(bob.signer.publicKey)
const [inviter, joiner] = [alice.peerId.toString(), bob.peerId.toString()]

async function prove(): Promise<JoinProof> {
  const message = transcriptBytes({ challenge, inviter, joiner, chain, key })
  const signature = await bob.signer.sign(message)
  return { chain, key, invitation: ed25519PublicKey(seed), invitationSignature: signEd25519(seed, message), signature }
}

describe('the proof of an invitation', () => {
  it('holds for its challenge, inviter and joiner only', async () => {
    const proof = await prove()
    expect(verifyJoinProof(proof, challenge, inviter, joiner)).toBe(true)
    expect(verifyJoinProof(proof, new Uint8Array(32), inviter, joiner)).toBe(false)
    expect(verifyJoinProof(proof, challenge, carol.peerId.toString(), joiner)).toBe(false)
    expect(verifyJoinProof(proof, challenge, inviter, carol.peerId.toString())).toBe(false)
  })

  it('R21 holds for its chain and key only', async () => {
    const proof = await prove()
    const others: Partial<JoinProof>[] = [
      { chain: blockIdOf(new Uint8Array(2)) },
      { key: multikeyOf(carol.signer.publicKey) },
      { invitation: ed25519PublicKey(new Uint8Array(32)) },
      { invitationSignature: proof.signature },
      { signature: proof.invitationSignature }
    ]
    for (const other of others) expect(verifyJoinProof({ ...proof, ...other }, challenge, inviter, joiner)).toBe(false)
  })

  it('R25 signs nothing that could be a block: it begins with a domain of its own', () => {
    const message = transcriptBytes({ challenge, inviter, joiner, chain, key })
    expect(Buffer.from(message.subarray(0, 15)).toString()).toBe('walytis/join/1\0')
  })

  it('travels as it did when the format was frozen', async () => {
    const proof = await prove()
    expect(hex(encodeChallenge(challenge))).toBe(vectors.challenge)
    expect(hex(transcriptBytes({ challenge, inviter, joiner, chain, key }))).toBe(vectors.transcript)
    expect(hex(encodeProof(proof))).toBe(vectors.proof)
    expect(hex(encodeAnswer(new Uint8Array(32).fill(3)))).toBe(vectors.admitted)
    expect(hex(encodeAnswer(undefined))).toBe(vectors.refused)
    expect(decodeProof(encodeProof(proof))).toEqual(proof)
    expect(decodeChallenge(encodeChallenge(challenge))).toEqual(challenge)
    expect(decodeAnswer(encodeAnswer(undefined))).toBeNull()
  })

  it('F8 decoders never throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(decodeChallenge(bytes)).toBeUndefined()
        expect(decodeProof(bytes)).toBeUndefined()
        expect(decodeAnswer(bytes)).toBeUndefined()
      })
    )
  })
})
