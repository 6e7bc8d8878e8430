import { CID } from 'multiformats/cid'
import type { RawBlock } from 'walytis/interface'
import { isDid } from '../did.ts'
import { decodeCanonical, encodeCanonical, isBytes, isMapOf, isRefused } from '../encoding/canonical.ts'
import { rawOf } from '../events/group-inception.ts'
import { type Consent, readConsent, readRawBlocks } from '../events/kinds.ts'
import type { Did } from '../interface/did.ts'
import { type EpochSeed, readSeeds } from './key-messages.ts'

/** Messages of joining, over the channel of a guest: see docs/protocol.md, "Joining". */

export interface JoinRequest {
  readonly member: Did
  readonly consent: Consent
  /** Evidence of the member. */
  readonly blocks: readonly RawBlock[]
}

/** What a new member is given: how members find each other, and the seeds it may have. */
export interface Welcome {
  readonly rendezvous: Uint8Array
  readonly seeds: readonly EpochSeed[]
}

/** Bytes of a request to join, or of the answer. */
export const JOIN_LIMIT = 512 * 1024

export function encodeJoinRequest({ member, consent, blocks }: JoinRequest): Uint8Array {
  const { device, signature, keys, proof } = consent
  const { suite, classical, postQuantum } = keys
  return encodeCanonical({
    v: 1,
    kind: 'join',
    member,
    consent: { device, signature, keys: { suite, classical, postQuantum }, proof },
    blocks: blocks.map(rawOf)
  })
}

/** Undefined for bytes that are no request. */
export function decodeJoinRequest(bytes: Uint8Array): JoinRequest | undefined {
  const decoded = decodeCanonical(bytes, JOIN_LIMIT)
  if (isRefused(decoded) || !isMapOf(decoded.value, ['v', 'kind', 'member', 'consent', 'blocks'])) {
    return undefined
  }
  const { v, kind, member } = decoded.value
  const consent = readConsent(decoded.value.consent)
  const blocks = readRawBlocks(decoded.value.blocks)
  return v === 1 && kind === 'join' && isDid(member) && !isRefused(consent) && !isRefused(blocks)
    ? { member, consent, blocks }
    : undefined
}

/** @param welcome undefined refuses, without saying why */
export function encodeJoinAnswer(welcome: Welcome | undefined): Uint8Array {
  return welcome === undefined
    ? encodeCanonical({ v: 1, kind: 'refused' })
    : encodeCanonical({
        v: 1,
        kind: 'welcome',
        rendezvous: welcome.rendezvous,
        seeds: welcome.seeds.map(({ epoch, seed }) => ({ epoch: CID.parse(epoch), seed }))
      })
}

/** Undefined for a refusal, and for bytes that are no answer. */
export function decodeJoinAnswer(bytes: Uint8Array): Welcome | undefined {
  const decoded = decodeCanonical(bytes, JOIN_LIMIT)
  if (isRefused(decoded) || !isMapOf(decoded.value, ['v', 'kind', 'rendezvous', 'seeds'])) {
    return undefined
  }
  const { v, kind, rendezvous } = decoded.value
  const seeds = readSeeds(decoded.value.seeds)
  return v === 1 && kind === 'welcome' && isBytes(rendezvous, 32) && seeds !== undefined
    ? { rendezvous, seeds }
    : undefined
}
