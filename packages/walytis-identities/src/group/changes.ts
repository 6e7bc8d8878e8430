import { CID } from 'multiformats/cid'
import type { Did } from '../interface/did.ts'
import type { GroupEvents } from '../interface/group.ts'
import type { GroupState } from '../state/membership.ts'
import { bestOf } from './epochs.ts'

/** What an application has been told of a state. */
export interface Told {
  readonly members: ReadonlyMap<Did, string>
  readonly devices: ReadonlySet<Did>
  readonly epoch: string | undefined
  readonly inside: boolean
}

/** @param writing the state at the place of what is written next: its epoch is the current one */
export function tellingOf(state: GroupState, writing: GroupState, me: Did): Told {
  return {
    members: new Map([...state.members.values()].map(({ did, role }) => [did, role])),
    devices: new Set(state.devices.keys()),
    epoch: bestOf(writing)?.id,
    inside: state.members.has(me)
  }
}

/** The events that tell of the difference between two states. */
export function eventsBetween(before: Told, now: Told): GroupEvents[keyof GroupEvents][] {
  const events: GroupEvents[keyof GroupEvents][] = []
  const detail = {
    added: [...now.members.keys()].filter((did) => !before.members.has(did)),
    removed: [...before.members.keys()].filter((did) => !now.members.has(did)),
    devicesAdded: [...now.devices].filter((did) => !before.devices.has(did)),
    devicesRemoved: [...before.devices].filter((did) => !now.devices.has(did))
  }
  const rolesChanged = [...now.members].some(
    ([did, role]) => before.members.has(did) && before.members.get(did) !== role
  )
  if (rolesChanged || Object.values(detail).some((list) => list.length > 0)) {
    events.push(new CustomEvent('members:changed', { detail }))
  }
  if (now.epoch !== undefined && now.epoch !== before.epoch) {
    events.push(new CustomEvent('epoch:changed', { detail: { epoch: CID.parse(now.epoch) } }))
  }
  if (before.inside && !now.inside) {
    events.push(new CustomEvent('self:removed', { detail: {} }))
  }
  return events
}
