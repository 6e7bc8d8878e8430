import type { Did } from '../interface/did.ts'
import type { Role } from '../interface/group.ts'
import type { Act, MembershipNode } from './membership.ts'
import { comparePlaces } from './seniority.ts'

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
  /** Nodes whose evidence shows a device removed, by device. */
  readonly revokers: ReadonlyMap<Did, readonly MembershipNode[]>
}

/** An index that still grows. */
interface GrowingIndex extends ActIndex {
  readonly nodes: MembershipNode[]
  readonly admissions: Map<Did, MembershipNode[]>
  readonly removals: Map<Did, MembershipNode[]>
  readonly roles: Map<Did, MembershipNode[]>
  readonly invites: Map<string, MembershipNode>
  readonly uses: Map<string, MembershipNode[]>
  readonly revocations: Map<string, MembershipNode[]>
  readonly acts: Map<Did, MembershipNode[]>
  readonly revokers: Map<Did, MembershipNode[]>
}

/** @param nodes in canonical order, with all their ancestors */
export function indexActs(nodes: readonly MembershipNode[]): ActIndex {
  const index = emptyIndex()
  for (const node of nodes) {
    addToIndex(index, node)
  }
  return index
}

/** An index that takes nodes as they come, and begins anew when one belongs further to the front. */
export class RunningIndex {
  #index = emptyIndex()

  get current(): ActIndex {
    return this.#index
  }

  /** @param nodes all of them, in the order in which they came; more than the last time */
  update(nodes: readonly MembershipNode[]): void {
    for (const node of nodes.slice(this.#index.nodes.length)) {
      const last = this.#index.nodes.at(-1)
      if (last !== undefined && comparePlaces(last, node) > 0) {
        this.#index = emptyIndex()
        for (const one of [...nodes].sort(comparePlaces)) {
          addToIndex(this.#index, one)
        }
        return
      }
      addToIndex(this.#index, node)
    }
  }
}

function emptyIndex(): GrowingIndex {
  return {
    nodes: [],
    admissions: new Map(),
    removals: new Map(),
    roles: new Map(),
    invites: new Map(),
    uses: new Map(),
    revocations: new Map(),
    acts: new Map(),
    revokers: new Map()
  }
}

/** Enter a node that comes after all others in canonical order. */
function addToIndex(index: GrowingIndex, node: MembershipNode): void {
  index.nodes.push(node)
  if (node.acts.length > 0) {
    append(index.acts, node.author.member, node)
  }
  for (const { device } of node.revokes) {
    append(index.revokers, device, node)
  }
  for (const act of node.acts) {
    switch (act.kind) {
      case 'inception':
        for (const member of foundedBy(act)) {
          append(index.admissions, member, node)
        }
        break
      case 'add':
        append(index.admissions, act.member, node)
        append(index.uses, act.invitation, node)
        break
      case 'remove':
        append(index.removals, act.member, node)
        break
      case 'leave':
        append(index.removals, node.author.member, node)
        break
      case 'role':
        append(index.roles, act.member, node)
        break
      case 'invite':
        if (!index.invites.has(act.invitation)) {
          index.invites.set(act.invitation, node)
        }
        break
      case 'revoke-invite':
        append(index.revocations, act.invitation, node)
        break
    }
  }
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
