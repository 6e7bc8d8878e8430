import { describe, expect, it } from 'vitest'
import { encodeBlock } from '../src/block/format.ts'
import { verifyRawBlock } from '../src/block/verify.ts'
import { signEd25519 } from '../src/crypto/ed25519.ts'
import { multikeyOf } from '../src/crypto/multikey.ts'
import { transcriptBytes, verifyJoinProof } from '../src/membership/join.ts'
import { alice, bob, createActor } from '../src/testing/actors.ts'
import { type ForgedBlock, forgeBlock, forgeGenesis } from '../src/testing/forge.ts'

const mallory = createActor('mallory')
const challenge = new Uint8Array(32).fill(1)
const invitation = createActor('an invitation')

describe('R4 a signature of one kind', async () => {
  const genesis = await forgeGenesis(mallory)
  const block = await forgeBlock({
    signer: mallory.signer,
    genesis: genesis.signed,
    parents: [genesis.signed],
    prev: genesis.signed
  })
  const transcript = transcriptBytes({
    challenge,
    inviter: alice.peerId.toString(),
    joiner: bob.peerId.toString(),
    chain: genesis.signed.id,
    key: multikeyOf(mallory.signer.publicKey)
  })
  const signatures = {
    'a genesis': genesis.signed.signature,
    'a block': block.signed.signature,
    'a join': signEd25519(mallory.secretKey, transcript)
  }

  const isBlock = ({ signed, content }: ForgedBlock, signature: Uint8Array): boolean =>
    verifyRawBlock({ block: encodeBlock(signed, signature).bytes, content }).ok
  const isJoin = (signature: Uint8Array, invitationSignature: Uint8Array): boolean =>
    verifyJoinProof(
      {
        chain: genesis.signed.id,
        key: multikeyOf(mallory.signer.publicKey),
        invitation: invitation.signer.publicKey.raw,
        invitationSignature,
        signature
      },
      challenge,
      alice.peerId.toString(),
      bob.peerId.toString()
    )
  const own = signEd25519(invitation.secretKey, transcript)
  const uses: Record<keyof typeof signatures, (signature: Uint8Array) => boolean> = {
    'a genesis': (signature) => isBlock(genesis, signature),
    'a block': (signature) => isBlock(block, signature),
    'a join': (signature) => isJoin(signature, own)
  }

  for (const [made, signature] of Object.entries(signatures)) {
    for (const [used, accepts] of Object.entries(uses)) {
      it(`that was made for ${made} ${made === used ? 'holds for it' : `does not hold for ${used}`}`, () => {
        expect(accepts(signature)).toBe(made === used)
      })
    }
  }

  it('that the joiner made does not stand for the invitation’s', () => {
    expect(isJoin(signatures['a join'], own)).toBe(true)
    expect(isJoin(signatures['a join'], signatures['a join'])).toBe(false)
    expect(isJoin(own, own)).toBe(false)
  })
})
