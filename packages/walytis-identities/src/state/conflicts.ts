import { type ActIndex, needsAdmin } from './acts.ts'
import { openKnot } from './knots.ts'
import type { MembershipNode } from './membership.ts'
import { findRivals, type RemovalsOf, type Rivals } from './rivals.ts'
import { comparePlaces } from './seniority.ts'
import { membership, roleOf, type Verdict } from './standing.ts'

/** Pure result of weighing a set of nodes. */
export interface Weighed {
  /** Nodes with acts that are not in effect. */
  readonly fallen: ReadonlySet<MembershipNode>
  /** Whether the outcome hung on witnesses or seniority. */
  readonly contested: boolean
}

/**
 * Which acts of a set are in effect. An act falls
 * - when a concurrent removal (or leaving, or for acts of admins: demotion) of its author is in effect,
 * - when concurrent evidence shows its device removed, or its key replaced,
 * - when its author was not in effect a member (or admin) at its ancestors, or its invitation is not in effect,
 * - when its invitation was used up by other admissions that come before it.
 * Where acts undo each other in a circle, `knots.ts` says which stands. A function of the set alone.
 */
export function weigh(index: ActIndex, removalsOf: RemovalsOf): Weighed {
  const rivals = findRivals(index, removalsOf)
  if (rivals.dead.size === 0 && rivals.attackers.size === 0 && rivals.surplus.size === 0) {
    return { fallen: new Set(), contested: false }
  }
  const verdicts = new Map<MembershipNode, Verdict>()
  const acting = index.nodes.filter((node) => node.acts.length > 0)
  for (const node of acting) {
    verdicts.set(node, rivals.dead.has(node) ? 'out' : 'open')
  }
  const verdict = (node: MembershipNode): Verdict => verdicts.get(node) ?? 'out'
  let contested = rivals.surplus.size > 0
  for (;;) {
    settleWhatFollows(index, rivals, acting, verdicts, verdict)
    const open = acting.filter((node) => verdict(node) === 'open')
    if (open.length === 0) {
      break
    }
    contested = true
    const knot = openKnot(index, rivals, open)
    verdicts.set(knot.stands, 'in')
    for (const node of knot.falls) {
      verdicts.set(node, 'out')
    }
  }
  dropUnsupported(index, acting, verdicts, verdict)
  return { fallen: new Set(acting.filter((node) => verdict(node) === 'out')), contested }
}

/** Decide all that follows from what is decided. */
function settleWhatFollows(
  index: ActIndex,
  rivals: Rivals,
  acting: readonly MembershipNode[],
  verdicts: Map<MembershipNode, Verdict>,
  verdict: (node: MembershipNode) => Verdict
): void {
  for (let changed = true; changed; ) {
    changed = false
    for (const node of acting) {
      if (verdict(node) === 'open') {
        const decided = decide(index, rivals, node, verdict)
        if (decided !== 'open') {
          verdicts.set(node, decided)
          changed = true
        }
      }
    }
  }
}

function decide(
  index: ActIndex,
  rivals: Rivals,
  node: MembershipNode,
  verdict: (node: MembershipNode) => Verdict
): Verdict {
  const against = (rivals.attackers.get(node) ?? []).map(verdict)
  if (against.includes('in')) {
    return 'out'
  }
  let answer = worse(against.includes('open') ? 'open' : 'in', support(index, node, verdict))
  for (const { uses, before } of rivals.surplus.get(node) ?? []) {
    const taken = before.filter((other) => verdict(other) === 'in').length
    const possible = before.filter((other) => verdict(other) !== 'out').length
    answer = worse(answer, taken >= uses ? 'out' : possible >= uses ? 'open' : 'in')
  }
  return answer
}

/** Whether the author had the right, by what is in effect among the node's ancestors. */
function support(index: ActIndex, node: MembershipNode, verdict: (node: MembershipNode) => Verdict): Verdict {
  if (node.acts.some((act) => act.kind === 'inception')) {
    return 'in'
  }
  const { member } = node.author
  let answer = membership(index, member, node.past, verdict)
  if (answer !== 'out' && node.acts.some(needsAdmin)) {
    const role = roleOf(index, member, node.past, verdict)
    answer = worse(answer, role === 'open' ? 'open' : role === 'admin' ? 'in' : 'out')
  }
  for (const act of node.acts) {
    if (act.kind === 'add') {
      const invite = index.invites.get(act.invitation)
      answer = worse(answer, invite === undefined ? 'out' : invite === node ? 'in' : verdict(invite))
    }
  }
  return answer
}

/** Taking a knot apart decides against support that was still open: whatever lost it falls, in canonical order. */
function dropUnsupported(
  index: ActIndex,
  acting: readonly MembershipNode[],
  verdicts: Map<MembershipNode, Verdict>,
  verdict: (node: MembershipNode) => Verdict
): void {
  for (const node of [...acting].sort(comparePlaces)) {
    if (verdict(node) === 'in' && support(index, node, verdict) === 'out') {
      verdicts.set(node, 'out')
    }
  }
}

function worse(a: Verdict, b: Verdict): Verdict {
  return a === 'out' || b === 'out' ? 'out' : a === 'open' || b === 'open' ? 'open' : 'in'
}
