import type { Did } from '../interface/did.ts'
import type { Role } from '../interface/group.ts'
import type { Act, MembershipNode } from './membership.ts'

/** The acts of a set of nodes, looked up by whom and what they concern. Each list is in canonical order. */
export interface ActIndex {
  /** In canonical order, all of the set. */
  readonly nodes: readonly MembershipNode[]
  /** The genesis, and blocks that add the member. */
  readonly admissions: ReadonlyMap<Did, readonly MembershipNode[]>
  /** Blocks that remove the member, or by which it leaves. */
  readonly removals: ReadonlyMap<Did, readonly MembershipNode[]>
  readonly roles: ReadonlyMap<Did, readonly MembershipNode[]>
  /** By invitation: the block that makes it, those that use it, those that revoke it. */
  readonly invites: ReadonlyMap<string, MembershipNode>
  readonly uses: ReadonlyMap<string, readonly MembershipNode[]>
  readonly revocations: ReadonlyMap<string, readonly MembershipNode[]>
  /** Nodes with acts, by author. */
  readonly acts: ReadonlyMap<Did, readonly MembershipNode[]>
}

/** @param nodes in canonical order, with all their ancestors */
export function indexActs(nodes: readonly MembershipNode[]): ActIndex {
  const lists = {
    admissions: new Map<Did, MembershipNode[]>(),
    removals: new Map<Did, MembershipNode[]>(),
    roles: new Map<Did, MembershipNode[]>(),
    uses: new Map<string, MembershipNode[]>(),
    revocations: new Map<string, MembershipNode[]>(),
    acts: new Map<Did, MembershipNode[]>()
  }
  const invites = new Map<string, MembershipNode>()
  for (const node of nodes) {
    if (node.acts.length > 0) {
      append(lists.acts, node.author.member, node)
    }
    for (const act of node.acts) {
      switch (act.kind) {
        case 'inception':
          for (const member of foundedBy(act)) {
            append(lists.admissions, member, node)
          }
          break
        case 'add':
          append(lists.admissions, act.member, node)
          append(lists.uses, act.invitation, node)
          break
        case 'remove':
          append(lists.removals, act.member, node)
          break
        case 'leave':
          append(lists.removals, node.author.member, node)
          break
        case 'role':
          append(lists.roles, act.member, node)
          break
        case 'invite':
          if (!invites.has(act.invitation)) {
            invites.set(act.invitation, node)
          }
          break
        case 'revoke-invite':
          append(lists.revocations, act.invitation, node)
          break
      }
    }
  }
  return { nodes, invites, ...lists }
}

function append<K>(map: Map<K, MembershipNode[]>, key: K, node: MembershipNode): void {
  const list = map.get(key)
  if (list === undefined) {
    map.set(key, [node])
  } else if (list[list.length - 1] !== node) {
    list.push(node)
  }
}

/** Whether `a` is a proper ancestor of `b`. */
export function precedes(a: MembershipNode, b: MembershipNode): boolean {
  return b.past.has(a.index)
}

/** Whether neither follows the other. */
export function concurrent(a: MembershipNode, b: MembershipNode): boolean {
  return a !== b && !precedes(a, b) && !precedes(b, a)
}

/** The acts for which the author must be an admin. */
export function needsAdmin(act: Act): boolean {
  return act.kind === 'invite' || act.kind === 'remove' || act.kind === 'role'
}

/** Who is a member from the beginning. */
function foundedBy({ founder, recovery }: Act & { kind: 'inception' }): Did[] {
  return recovery === undefined ? [founder] : [recovery, founder]
}

/** The role that a node gives a member: by founding, adding or changing it. The last act of the block counts. */
export function roleGiven(node: MembershipNode, member: Did): Role | undefined {
  let role: Role | undefined
  for (const act of node.acts) {
    if (act.kind === 'inception' && foundedBy(act).includes(member)) {
      role = 'admin'
    } else if ((act.kind === 'add' || act.kind === 'role') && act.member === member) {
      role = act.role
    }
  }
  return role
}

/** Whether the block takes the admin's role from the member. */
export function demotes(node: MembershipNode, member: Did): boolean {
  return node.acts.some((act) => act.kind === 'role' && act.member === member && act.role === 'member')
}
