import type { Did } from '../interface/did.ts'
import type { Role } from '../interface/group.ts'
import { type ActIndex, precedes, roleGiven } from './acts.ts'
import type { Bits } from './bits.ts'
import type { MembershipNode } from './membership.ts'
import { compareAuthors } from './seniority.ts'

/** Whether a node is in effect, as far as it is decided. */
export type Verdict = 'in' | 'out' | 'open'
export type VerdictOf = (node: MembershipNode) => Verdict

/** All of a set, or the ancestors of one node. */
export type Scope = Bits | 'all'

/**
 * A member's standing within a scope: it is in when an admission in effect follows every removal of it in effect. So adding
 * somebody again concurrently with the removal does not undo the removal.
 *
 * With verdicts still open the answer is `open` unless no decision can change it.
 */
export function membership(index: ActIndex, member: Did, scope: Scope, verdict: VerdictOf): Verdict {
  let answer: Verdict = 'out'
  for (const admission of index.admissions.get(member) ?? []) {
    const standing = admissionStanding(index, member, admission, scope, verdict)
    if (standing === 'in') {
      return 'in'
    }
    if (standing === 'open') {
      answer = 'open'
    }
  }
  return answer
}

/** Whether this admission of the member counts: in effect itself, and after every removal in effect. */
export function admissionStanding(
  index: ActIndex,
  member: Did,
  admission: MembershipNode,
  scope: Scope,
  verdict: VerdictOf
): Verdict {
  if (!within(scope, admission)) {
    return 'out'
  }
  let answer = verdict(admission)
  for (const removal of index.removals.get(member) ?? []) {
    if (answer === 'out') {
      return 'out'
    }
    if (within(scope, removal) && !precedes(removal, admission)) {
      const removed = verdict(removal)
      answer = removed === 'in' ? 'out' : removed === 'open' ? 'open' : answer
    }
  }
  return answer
}

/**
 * The role of somebody who is a member: what the last assignments in effect since a counting admission say; among concurrent ones
 * the senior author's. `open` while an assignment is not decided and others differ from it.
 */
export function roleOf(index: ActIndex, member: Did, scope: Scope, verdict: VerdictOf): Role | 'open' {
  const standings = (index.admissions.get(member) ?? []).map((node) => ({
    node,
    standing: admissionStanding(index, member, node, scope, verdict)
  }))
  const admissions = standings.filter(({ standing }) => standing !== 'out').map(({ node }) => node)
  const changes = (index.roles.get(member) ?? []).filter(
    (node) =>
      within(scope, node) && verdict(node) !== 'out' && admissions.some((admission) => precedes(admission, node))
  )
  const assignments = [...admissions, ...changes]
  const roles = new Set(assignments.map((node) => roleGiven(node, member)))
  if (roles.size === 1) {
    return assignments[0] === undefined ? 'member' : (roleGiven(assignments[0], member) ?? 'member')
  }
  if (changes.some((node) => verdict(node) === 'open') || standings.some(({ standing }) => standing === 'open')) {
    return 'open'
  }
  const last = assignments.filter((node) => !assignments.some((other) => precedes(node, other))).sort(compareAuthors)[0]
  return last === undefined ? 'member' : (roleGiven(last, member) ?? 'member')
}

function within(scope: Scope, node: MembershipNode): boolean {
  return scope === 'all' || scope.has(node.index)
}
