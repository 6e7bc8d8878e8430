import { sha256 } from '@noble/hashes/sha2.js'
import { equals } from 'uint8arrays/equals'
import type { SignedBlock } from 'walytis/interface'
import { bound } from '../domains.ts'
import type { Refused } from '../encoding/canonical.ts'
import { groupDomains } from '../group-domains.ts'
import type { Did } from '../interface/did.ts'
import { type PublicKeySet, publicOf } from '../keys/key-set.ts'
import { findSuite } from '../keys/suite.ts'
import { type EventEnvelope, verifyEvents } from './format.ts'
import { inceptionSigningBytes, type SignedInception } from './group-inception.ts'
import type { Consent, InvitationKeys } from './kinds.ts'

/** Signatures of groups' events. All functions give the rule that is broken, or undefined. */

/** What a joiner consents to: this group, by this invitation of this member, as this member, with this device's keys. */
export interface ConsentTerms {
  readonly group: Did
  readonly invitation: Uint8Array
  readonly inviter: Did
  readonly member: Did
  readonly device: Did
  readonly keys: PublicKeySet
}

/** The bytes of the joiner's signature. */
export function consentBytes(terms: ConsentTerms): Uint8Array {
  return bound(groupDomains.consent, plainTerms(terms))
}

/** The bytes of the signature with the invitation's key. */
export function proofBytes(terms: ConsentTerms): Uint8Array {
  return bound(groupDomains.invitation, plainTerms(terms))
}

/** What the chain records of an invitation: a hash of its public keys. 32 bytes. */
export function verifierOf({ suite, classical, postQuantum }: InvitationKeys): Uint8Array {
  return sha256(bound(groupDomains.invitationVerifier, { suite, classical, postQuantum }))
}

/** R12, R20: the joiner's device agreed to exactly these terms, and whoever it is held the invitation. */
export function brokenConsent(consent: Consent, terms: ConsentTerms, verifier: Uint8Array): Refused | undefined {
  if (consent.device !== terms.device) {
    return { rule: 'consent-device' }
  }
  const suite = findSuite(terms.keys.suite)
  if (suite === undefined || !suite.verify(terms.keys, consentBytes(terms), consent.signature)) {
    return { rule: 'consent-signature' }
  }
  const invitationSuite = findSuite(consent.keys.suite)
  if (invitationSuite === undefined || !equals(verifierOf(consent.keys), verifier)) {
    return { rule: 'invitation-keys' }
  }
  return invitationSuite.verify({ ...consent.keys, kem: new Uint8Array() }, proofBytes(terms), consent.proof)
    ? undefined
    : { rule: 'invitation-proof' }
}

/** The author's post-quantum signature over events where they stand; the block's own signature has been checked. */
export function brokenEventSignature(
  envelope: EventEnvelope,
  block: SignedBlock,
  keys: PublicKeySet
): Refused | undefined {
  const suite = findSuite(keys.suite)
  return suite !== undefined &&
    verifyEvents(envelope, block, (bytes, signature) => suite.verifyEvent(keys, bytes, signature))
    ? undefined
    : { rule: 'event-signature' }
}

/** The founding device's signatures: the genesis bears its classical key, the inception its post-quantum signature. */
export function brokenInception(
  inception: SignedInception,
  genesis: SignedBlock,
  keys: PublicKeySet
): Refused | undefined {
  if (!equals(genesis.creator.raw, keys.classical)) {
    return { rule: 'foreign-genesis' }
  }
  const suite = findSuite(keys.suite)
  return suite?.verifyEvent(keys, inceptionSigningBytes(inception), inception.signature) === true
    ? undefined
    : { rule: 'inception-signature' }
}

function plainTerms({ group, invitation, inviter, member, device, keys }: ConsentTerms): Record<string, unknown> {
  return { group, invitation, inviter, member, device, keys: publicOf(keys) }
}
