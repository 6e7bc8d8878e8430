import type { BlockPolicy, ChainRecord, ChainSettings, RawBlock, SignedBlock } from 'walytis/interface'
import { IDENTITY_POLICY } from '../constants.ts'
import { chainOf, isDid } from '../did.ts'
import { isRefused, type Refused } from '../encoding/canonical.ts'
import { decodeEvents } from '../events/format.ts'
import { foldEvidence, foldVerified } from '../evidence.ts'
import type { Did } from '../interface/did.ts'
import type { PublicKeySet } from '../keys/key-set.ts'
import type { ServiceEntry } from './events.ts'
import { readIdentityEvent } from './events.ts'
import { entryOf, identityPolicy, readKeys } from './policy.ts'
import { resolveIdentity } from './resolve.ts'

/** What an identity's chain says of it. */
export interface IdentityState {
  readonly did: Did
  /** The keys in force. */
  readonly keys: PublicKeySet
  /** Key events that hold, as block ids: the genesis first, the one in force last. */
  readonly lineage: readonly string[]
  readonly services: readonly ServiceEntry[]
  /** Kinds of events of a newer version that must be known before anything more is written. */
  readonly critical: readonly string[]
}

/**
 * What evidence (an identity's own blocks, genesis first) proves of it. It can't prove that there is no later rotation: who already knows a
 * key event of the identity must find it in `lineage`.
 */
export async function verifyIdentityEvidence(
  did: string,
  blocks: readonly RawBlock[]
): Promise<IdentityState | Refused> {
  if (!isDid(did)) {
    return { rule: 'not-a-did' }
  }
  const folded = await foldEvidence(chainOf(did), blocks, policyFor)
  return isRefused(folded) ? folded : identityState(did, folded.records)
}

/** The same for blocks of which `verifyRawBlock` has been asked already. */
export async function foldIdentity(
  did: Did,
  blocks: readonly { readonly block: SignedBlock; readonly raw: RawBlock }[]
): Promise<IdentityState | Refused> {
  const folded = await foldVerified(chainOf(did), blocks, policyFor)
  return isRefused(folded) ? folded : identityState(did, folded.records)
}

function policyFor({ policy }: ChainSettings): BlockPolicy | undefined {
  return policy.name === IDENTITY_POLICY ? identityPolicy(policy.parameters) : undefined
}

/** The state that follows from accepted records, in canonical order, of an identity's chain. */
export async function identityState(did: Did, records: readonly ChainRecord[]): Promise<IdentityState | Refused> {
  const entries = records.map(entryOf)
  // `revoked` was settled by the policy from this same set; the lineage needs no ancestry
  const { lineage } = await resolveIdentity(entries, async () => false)
  const byId = new Map(records.map((record) => [record.block.id.toString(), record]))
  const current = byId.get(lineage.at(-1) ?? '')
  if (current === undefined) {
    return { rule: 'no-genesis' }
  }
  const keys = readKeys(current.block, current.content)
  if (isRefused(keys)) {
    return keys
  }
  const services = records.filter(({ revoked }) => !revoked).flatMap(servicesIn)
  const critical = records.filter(({ revoked }) => !revoked).flatMap(criticalIn)
  return { did, keys, lineage, services: services.at(-1) ?? [], critical }
}

/** Events of kinds unknown here that say they must be known. */
function criticalIn({ block, content }: ChainRecord): string[] {
  const envelope = block.chain === null ? undefined : decodeEvents(content)
  const events = envelope === undefined || isRefused(envelope) ? [] : envelope.events
  return events
    .filter((raw) => raw['critical'] === true && readIdentityEvent(raw, block) === undefined)
    .map(({ kind }) => kind)
}

function servicesIn({ block, content }: ChainRecord): (readonly ServiceEntry[])[] {
  const envelope = block.chain === null ? undefined : decodeEvents(content)
  if (envelope === undefined || isRefused(envelope)) {
    return []
  }
  return envelope.events.flatMap((raw) => {
    const event = raw.kind === 'document' ? readIdentityEvent(raw, block) : undefined
    return event !== undefined && !('rule' in event) && event.kind === 'document'
      ? [event.services as readonly ServiceEntry[]]
      : []
  })
}
