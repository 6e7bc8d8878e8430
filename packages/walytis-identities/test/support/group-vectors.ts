import { bytesToHex } from '@noble/hashes/utils.js'
import { ml_dsa65 } from '@noble/post-quantum/ml-dsa.js'
import { createSigner, signEd25519 } from 'walytis'
import { createActor, type ForgedBlock, forgeBlock, forgeGenesis } from 'walytis/testing'
import { EVENT_TOPIC, IDENTITY_POLICY } from '../../src/constants.ts'
import { didOf } from '../../src/did.ts'
import { bound, domains } from '../../src/domains.ts'
import { encodeCanonical } from '../../src/encoding/canonical.ts'
import { encodeEvents, type RawEvent } from '../../src/events/format.ts'
import { encodeGroupInception, inceptionSigningBytes } from '../../src/events/group-inception.ts'
import { consentBytes, proofBytes, verifierOf } from '../../src/events/verify.ts'
import { GROUP_POLICY } from '../../src/group-constants.ts'
import type { Did } from '../../src/interface/did.ts'
import { type KeySetWithSecrets, publicOf } from '../../src/keys/key-set.ts'
import { deriveEpoch } from '../../src/members/epoch-secrets.ts'
import { guestKey, invitationKeys, TextInvitation } from '../../src/members/invite.ts'
import { encodeJoinAnswer, encodeJoinRequest } from '../../src/members/join-messages.ts'
import { encodeKeyMessage } from '../../src/members/key-messages.ts'
import {
  commitmentTo,
  encodeLinkCommitment,
  encodeLinkNonce,
  encodeLinkReveal,
  linkCode
} from '../../src/members/link-code.ts'
import { encodeGroupAnnotation } from '../../src/state/annotation.ts'
import { hashDevices } from '../../src/state/epochs.ts'
import { keysOf } from './forge-identity.ts'

/** What is frozen of groups, computed anew with fixed seeds and deterministic signatures. Values are hexadecimal. */

const hex = bytesToHex
const SEED = new Uint8Array(32).fill(5)
const SECRET = new Uint8Array(32).fill(6)
const INVITATION = new Uint8Array(16).fill(7)
const RENDEZVOUS = new Uint8Array(32).fill(8)

/** ML-DSA's deterministic variant (FIPS 204 §3.4). */
function signEventFixed(keys: KeySetWithSecrets, bytes: Uint8Array): Uint8Array {
  return ml_dsa65.sign(bytes, ml_dsa65.keygen(keys.secrets.postQuantum).secretKey, { extraEntropy: false })
}

function signFixed(keys: KeySetWithSecrets, bytes: Uint8Array): Uint8Array {
  return new Uint8Array(Buffer.concat([signEd25519(keys.secrets.classical, bytes), signEventFixed(keys, bytes)]))
}

async function identityOf(name: string): Promise<{ did: Did; keys: KeySetWithSecrets; genesis: ForgedBlock }> {
  const keys = keysOf(name)
  const signed = { v: 1, keys: publicOf(keys) }
  const parameters = encodeCanonical({ ...signed, signature: signFixed(keys, bound(domains.inception, signed)) })
  const signer = createSigner(keys.secrets.classical)
  const policy = { name: IDENTITY_POLICY, parameters }
  const genesis = await forgeGenesis({ ...createActor(name), signer }, { access: 'custom', policy })
  return { did: didOf(genesis.signed.id), keys, genesis }
}

/** A group that alice founds, where she invites, and adds bob with a new epoch. */
export async function groupVectors() {
  const [alice, bob] = [await identityOf('alice'), await identityOf('bob')]
  const first = deriveEpoch(SEED)
  const inception = {
    founder: alice.did,
    device: alice.did,
    history: 'from-join' as const,
    epoch: { publicKey: first.publicKey, devices: hashDevices(null, [alice.did]) },
    recovery: null,
    blocks: [rawOf(alice.genesis)],
    deviceBlocks: []
  }
  const signature = signEventFixed(alice.keys, inceptionSigningBytes(inception))
  const signer = createSigner(alice.keys.secrets.classical)
  const genesis = await forgeGenesis(
    { ...createActor('alice'), signer },
    { access: 'custom', policy: { name: GROUP_POLICY, parameters: encodeGroupInception({ ...inception, signature }) } }
  )
  const group = didOf(genesis.signed.id)
  const keys = invitationKeys(SECRET)
  const { suite, classical, postQuantum } = keys
  const verifier = verifierOf(keys)
  const invite = {
    kind: 'invite',
    invitation: INVITATION,
    verifier,
    uses: 2,
    shared: true,
    role: 'member',
    expires: 1_800_000_000_000
  }
  const inviting = await blockOf(genesis, genesis, [invite], alice.keys)
  const terms = { group, invitation: INVITATION, inviter: alice.did, member: bob.did, device: bob.did, keys: bob.keys }
  const consent = {
    device: bob.did,
    signature: signFixed(bob.keys, consentBytes(terms)),
    keys: { suite, classical, postQuantum },
    proof: signFixed(keys, proofBytes(terms))
  }
  const blocks = [rawOf(bob.genesis)]
  const second = deriveEpoch(new Uint8Array(32).fill(9))
  const adding = await blockOf(
    genesis,
    inviting,
    [
      { kind: 'add', member: bob.did, role: 'member', invitation: INVITATION, consent, blocks },
      { kind: 'epoch', publicKey: second.publicKey, devices: hashDevices(group, [alice.did, bob.did]), reason: 'added' }
    ],
    alice.keys
  )
  const peers = [{ peer: '12D3KooWVector', addresses: ['/ip4/127.0.0.1/tcp/4001'] }]
  const details = {
    ...{
      group,
      invitation: INVITATION,
      inviter: alice.did,
      secret: SECRET,
      expires: invite.expires,
      uses: 2,
      shared: true,
      role: 'member' as const,
      link: false
    },
    peers
  }
  const linking = linkVectors(group, alice.did, bob.did)
  const link = { ...details, uses: 1, shared: false, link: true }
  const seeds = [{ epoch: adding.signed.id.toString(), seed: second.seed }]
  return {
    epoch: {
      seed: hex(SEED),
      publicKey: hex(first.publicKey),
      rendezvous: hex(first.rendezvous),
      secret: hex(first.secret('purpose')),
      salted: hex(first.secret('purpose', new Uint8Array([1, 2, 3])))
    },
    invitation: {
      secret: hex(SECRET),
      classical: hex(classical),
      verifier: hex(verifier),
      guestKey: hex(guestKey(verifier)),
      text: new TextInvitation(details).toString(),
      link: new TextInvitation(link).toString()
    },
    link: linking,
    members: { alice: alice.did, bob: bob.did },
    group,
    chain: [genesis, inviting, adding].map((forged) => ({ block: hex(forged.block), content: hex(forged.content) })),
    annotation: hex(
      encodeGroupAnnotation({
        nodes: [inviting.signed.id.toString()],
        node: true,
        author: alice.did,
        device: alice.did
      })
    ),
    messages: {
      want: hex(encodeKeyMessage({ kind: 'want', epochs: [adding.signed.id.toString()] })),
      have: hex(encodeKeyMessage({ kind: 'have', seeds, rendezvous: RENDEZVOUS })),
      join: hex(encodeJoinRequest({ member: bob.did, consent, blocks })),
      welcome: hex(encodeJoinAnswer({ rendezvous: RENDEZVOUS, seeds })),
      refused: hex(encodeJoinAnswer(undefined))
    }
  }
}

/** A device link: bob joins at alice's device. */
function linkVectors(group: Did, inviting: Did, joining: Did) {
  const [inviterNonce, joinerNonce] = [new Uint8Array(32).fill(10), new Uint8Array(32).fill(11)]
  const request = new Uint8Array([1, 2, 3])
  const commitment = commitmentTo(request, joinerNonce)
  return {
    commitment: hex(encodeLinkCommitment(commitment)),
    nonce: hex(encodeLinkNonce(inviterNonce)),
    reveal: hex(encodeLinkReveal({ nonce: joinerNonce, request })),
    code: linkCode({ group, invitation: INVITATION, inviting, joining, request, inviterNonce, joinerNonce })
  }
}

async function blockOf(
  genesis: ForgedBlock,
  prev: ForgedBlock,
  events: RawEvent[],
  keys: KeySetWithSecrets
): Promise<ForgedBlock> {
  const topics = [EVENT_TOPIC]
  const place = {
    signer: createSigner(keys.secrets.classical),
    genesis: genesis.signed,
    parents: [prev.signed],
    prev: prev.signed,
    topics
  }
  // a first block without content, only for its position
  const { signed } = await forgeBlock(place)
  const { chain, parents, prev: before, seq, height } = signed
  const position = { chain, parents, prev: before, seq, height, topics }
  return forgeBlock({ ...place, content: await encodeEvents(events, position, (bytes) => signEventFixed(keys, bytes)) })
}

function rawOf({ block, content }: ForgedBlock): { block: Uint8Array; content: Uint8Array } {
  return { block, content }
}
