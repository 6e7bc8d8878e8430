import type { RawBlock } from 'walytis/interface'
import type { Device } from '../device.ts'
import { isRefused } from '../encoding/canonical.ts'
import { InvalidIdentityError } from '../errors.ts'
import { encodeGroupInception, inceptionSigningBytes } from '../events/group-inception.ts'
import { MIRROR_LIMIT } from '../group-constants.ts'
import type { Did } from '../interface/did.ts'
import type { CreateGroupOptions, Group, Identity } from '../interface/group.ts'
import { evidenceOf, splitEvidence } from '../members/mirror.ts'
import { hashDevices } from '../state/epochs.ts'
import { EvidenceStore } from '../state/evidence.ts'
import type { PrincipalState } from '../state/membership.ts'

/** Bytes of the founding device's own blocks that a genesis has room for beside the rest: then the founder's evidence gets less. */
const DEVICE_ROOM = 12 * 1024

/** What a group is founded with. */
export interface Founding {
  /** The policy parameters. */
  readonly parameters: Uint8Array
  /** Filled with the founder's evidence already. */
  readonly evidence: EvidenceStore
}

/**
 * Make the inception of a group. The genesis carries as much of the founder's evidence as fits; where that does not show the founding device
 * yet, it carries the device's own blocks too, and the device then mirrors the rest.
 *
 * @param publicKey of epoch 0
 * @throws {InvalidIdentityError} when the founder's own chain proves nothing
 */
export async function foundGroup(
  member: Identity | Group,
  device: Device,
  publicKey: Uint8Array,
  { history = 'from-join', recovery }: CreateGroupOptions
): Promise<Founding> {
  const blocks = await evidenceOf(member)
  let part = splitEvidence(blocks, MIRROR_LIMIT)[0] ?? []
  let { evidence, principal } = await foldPart(member.did, part)
  let deviceBlocks: RawBlock[] = []
  const devices = new Set<Did>(principal?.devices.map(({ did }) => did))
  if (!devices.has(device.did)) {
    part = splitEvidence(blocks, MIRROR_LIMIT - DEVICE_ROOM)[0] ?? []
    ;({ evidence, principal } = await foldPart(member.did, part))
    deviceBlocks = await device.evidence()
    devices.clear()
    for (const { did } of principal?.devices ?? []) {
      devices.add(did)
    }
    devices.add(device.did)
  }
  const recoveryBlocks = recovery === undefined ? [] : await evidenceOf(recovery)
  if (recovery !== undefined) {
    await evidence.admit(recovery.did, recoveryBlocks, new Set())
    devices.add(recovery.did)
  }
  const inception = {
    founder: member.did,
    device: device.did,
    history,
    epoch: { publicKey, devices: hashDevices(null, devices) },
    recovery: recovery === undefined ? null : { member: recovery.did, blocks: recoveryBlocks },
    blocks: part,
    deviceBlocks
  }
  const signature = await device.signEvent(inceptionSigningBytes(inception))
  return { parameters: encodeGroupInception({ ...inception, signature }), evidence }
}

async function foldPart(
  did: Did,
  blocks: readonly RawBlock[]
): Promise<{ evidence: EvidenceStore; principal: PrincipalState | undefined }> {
  const evidence = new EvidenceStore()
  const ids = await evidence.admit(did, blocks, new Set())
  if (isRefused(ids)) {
    throw new InvalidIdentityError(did, ids.rule)
  }
  const all = new Set(ids)
  await evidence.prepare(did, all)
  return { evidence, principal: evidence.resolve(did, all) }
}
