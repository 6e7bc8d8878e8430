import type { Did } from '../interface/did.ts'
import type { GroupState, KeyHolder, MemberState, PrincipalState } from './membership.ts'

/** Whose the current devices and their keys are. A device that two members have acts for the senior one. */
export function holdersOf(
  members: ReadonlyMap<Did, MemberState>,
  principals: ReadonlyMap<Did, PrincipalState>,
  genesis: Pick<GroupState, 'founder' | 'foundingDevice'>
): Pick<GroupState, 'devices' | 'byKey'> {
  const devices = new Map<Did, KeyHolder>()
  const byKey = new Map<string, KeyHolder>()
  const hold = (holder: KeyHolder): void => {
    if (!devices.has(holder.device.did) && !byKey.has(holder.device.key)) {
      devices.set(holder.device.did, holder)
      byKey.set(holder.device.key, holder)
    }
  }
  for (const member of members.values()) {
    for (const device of member.devices) {
      hold({ device, member: member.did, pending: false })
    }
  }
  // The founding device, as long as the evidence that it acts for the founder has not come in full.
  const founder = members.get(genesis.founder)
  const founding = principals.get(genesis.foundingDevice)?.devices.find(({ did }) => did === genesis.foundingDevice)
  const removed = principals.get(genesis.founder)?.removals.has(genesis.foundingDevice) === true
  if (founder !== undefined && founding !== undefined && !removed) {
    hold({ device: founding, member: founder.did, pending: true })
  }
  return { devices, byKey }
}
