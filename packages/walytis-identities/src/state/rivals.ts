import type { Did } from '../interface/did.ts'
import { type ActIndex, concurrent, demotes, needsAdmin, precedes } from './acts.ts'
import type { MembershipNode, PrincipalState } from './membership.ts'
import { stands } from './witness.ts'

/** What folding the evidence of the whole set says: which removals of devices are in effect. */
export type RemovalsOf = (member: Did) => PrincipalState['removals'] | undefined

/** Which acts stand against which. */
export interface Rivals {
  /** Fallen whatever else holds: evidence does not lose its effect. */
  readonly dead: ReadonlySet<MembershipNode>
  /** Acts that take their author out, by the act that falls with it. */
  readonly attackers: ReadonlyMap<MembershipNode, readonly MembershipNode[]>
  /** For admissions of an invitation used too often: how many it allows, and the others that come before this one. */
  readonly surplus: ReadonlyMap<MembershipNode, readonly Shortage[]>
}

export interface Shortage {
  readonly uses: number
  readonly before: readonly MembershipNode[]
}

/** @param index of the whole set */
export function findRivals(index: ActIndex, removalsOf: RemovalsOf): Rivals {
  const dead = new Set<MembershipNode>()
  const attackers = new Map<MembershipNode, MembershipNode[]>()
  for (const [member, acts] of index.acts) {
    const removals = index.removals.get(member) ?? []
    const demotions = (index.roles.get(member) ?? []).filter((node) => demotes(node, member))
    for (const act of acts) {
      const against = removals.filter((removal) => concurrent(removal, act))
      if (act.acts.some(needsAdmin)) {
        against.push(...demotions.filter((node) => concurrent(node, act) && !against.includes(node)))
      }
      if (against.length > 0) {
        attackers.set(act, against)
      }
    }
  }
  for (const node of index.nodes) {
    for (const { device, by } of node.revokes) {
      for (const act of index.nodes) {
        const inEffect = removalsOf(act.author.member)?.get(device)
        if (act.author.device === device && concurrent(node, act) && by.some((id) => inEffect?.has(id) === true)) {
          dead.add(act)
        }
      }
    }
    for (const key of node.retires) {
      for (const act of index.nodes) {
        if (act.author.key === key && concurrent(node, act)) {
          dead.add(act)
        }
      }
    }
  }
  return { dead, attackers, surplus: findSurplus(index) }
}

function findSurplus(index: ActIndex): Map<MembershipNode, Shortage[]> {
  const surplus = new Map<MembershipNode, Shortage[]>()
  for (const [invitation, admissions] of index.uses) {
    const invite = index.invites
      .get(invitation)
      ?.acts.find((act) => act.kind === 'invite' && act.invitation === invitation)
    const uses = invite?.kind === 'invite' ? invite.uses : 0
    if (admissions.length <= uses) {
      continue
    }
    for (const admission of admissions) {
      const before = admissions.filter(
        (other) =>
          other !== admission &&
          (precedes(other, admission) || (concurrent(other, admission) && stands(index, other, admission) === other))
      )
      surplus.set(admission, [...(surplus.get(admission) ?? []), { uses, before }])
    }
  }
  return surplus
}
