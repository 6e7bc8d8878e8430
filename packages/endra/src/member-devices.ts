import type { Did, Member } from 'walytis-identities'

/** What changed of a member's devices. */
export interface DevicesChange {
  readonly did: Did
  readonly added: Did[]
  readonly removed: Did[]
}

/** The devices of each member of a chat. */
export type MemberDevices = ReadonlyMap<Did, readonly Did[]>

/** The devices that the members have now. */
export function devicesOf(members: readonly Member[]): MemberDevices {
  return new Map(members.map(({ did, devices }) => [did, devices]))
}

/** Which members have other devices than before. Who came or went is not among them. */
export function changedDevices(before: MemberDevices, after: MemberDevices): DevicesChange[] {
  const changes: DevicesChange[] = []
  for (const [did, devices] of after) {
    const held = before.get(did)
    if (held === undefined) continue
    const added = devices.filter((device) => !held.includes(device))
    const removed = held.filter((device) => !devices.includes(device))
    if (added.length + removed.length > 0) changes.push({ did, added, removed })
  }
  return changes
}
