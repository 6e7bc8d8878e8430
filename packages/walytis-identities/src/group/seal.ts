import { CID } from 'multiformats/cid'
import { SEALED_LIMIT } from '../constants.ts'
import { bound } from '../domains.ts'
import { decodeCanonical, encodeCanonical, isBytes, isMapOf, isRefused } from '../encoding/canonical.ts'
import { LimitExceededError } from '../errors.ts'
import { groupDomains } from '../group-domains.ts'
import type { Did } from '../interface/did.ts'
import { defaultSuite } from '../keys/suite.ts'
import type { EpochSecrets } from '../members/epoch-secrets.ts'
import type { EpochState } from '../state/membership.ts'

/** Bytes sealed to a group: HPKE in base mode (RFC 9180 §5.1.1) to an epoch's X-Wing key. Says nothing of the sender. */

const OVERHEAD = 2048

/** @throws {LimitExceededError} more than 1 MiB */
export async function sealToEpoch(group: Did, epoch: EpochState, bytes: Uint8Array): Promise<Uint8Array | undefined> {
  if (bytes.length > SEALED_LIMIT) {
    throw new LimitExceededError('bytes to seal', SEALED_LIMIT, bytes.length)
  }
  const sealed = await defaultSuite.seal(epoch.publicKey, infoOf(group, epoch.id), bytes)
  return sealed === undefined ? undefined : encodeCanonical({ v: 1, epoch: CID.parse(epoch.id), sealed })
}

/** The epoch that sealed bytes need, and what is sealed. Undefined for anything else. */
export function readSealedToEpoch(bytes: Uint8Array): { epoch: string; sealed: Uint8Array } | undefined {
  const decoded = decodeCanonical(bytes, SEALED_LIMIT + OVERHEAD)
  if (isRefused(decoded) || !isMapOf(decoded.value, ['v', 'epoch', 'sealed'])) {
    return undefined
  }
  const { v, sealed } = decoded.value
  const epoch = CID.asCID(decoded.value.epoch)?.toString()
  return v === 1 && epoch !== undefined && isBytes(sealed) ? { epoch, sealed } : undefined
}

/** Undefined when it does not open. */
export function openFromEpoch(
  group: Did,
  epoch: string,
  sealed: Uint8Array,
  secrets: EpochSecrets
): Promise<Uint8Array | undefined> {
  return defaultSuite.open(secrets.kemSecret, infoOf(group, epoch), sealed)
}

function infoOf(group: Did, epoch: string): Uint8Array {
  return bound(groupDomains.seal, { group, epoch })
}
