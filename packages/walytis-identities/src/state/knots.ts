import { type ActIndex, needsAdmin, precedes } from './acts.ts'
import type { MembershipNode } from './membership.ts'
import type { Rivals } from './rivals.ts'
import { compareAuthors, comparePlaces } from './seniority.ts'
import { stands } from './witness.ts'

/** How a knot is opened: one act stands, and those that it and they undo each other with fall. */
export interface Knot {
  readonly stands: MembershipNode
  readonly falls: readonly MembershipNode[]
}

/**
 * Open one knot among acts whose fate hangs on each other: two who remove each other, longer circles, demotion against act.
 *
 * Of the knots that hang on no other knot, the one with the canonically first act is taken. In it each pair of rivals is decided
 * by the witness rule. The most senior act that loses no pair stands (where each loses one: the most senior of all), and its
 * rivals that it wins against fall.
 *
 * @param open undecided acts, in canonical order; not empty, and none of them can be decided by itself
 */
export function openKnot(index: ActIndex, rivals: Rivals, open: readonly MembershipNode[]): Knot {
  const dependencies = new Map(open.map((node) => [node, dependenciesOf(index, rivals, node, open)]))
  const knot = firstKnot(open, dependencies)
  const pairs = rivalPairs(rivals, knot)
  const losers = new Map<MembershipNode, MembershipNode[]>()
  const lost = new Set<MembershipNode>()
  for (const [a, b] of pairs) {
    const winner = stands(index, a, b)
    const loser = winner === a ? b : a
    lost.add(loser)
    losers.set(winner, [...(losers.get(winner) ?? []), loser])
  }
  const involved = [...new Set(pairs.flat())].sort(compareAuthors)
  const unbeaten = involved.find((node) => !lost.has(node))
  const winner = unbeaten ?? involved[0] ?? firstOf(knot)
  const falls =
    unbeaten === undefined
      ? pairs.filter((pair) => pair.includes(winner)).map(([a, b]) => (a === winner ? b : a))
      : (losers.get(winner) ?? [])
  return { stands: winner, falls }
}

/** All undecided acts on which the verdict over `node` may hang. */
function dependenciesOf(
  index: ActIndex,
  rivals: Rivals,
  node: MembershipNode,
  open: readonly MembershipNode[]
): MembershipNode[] {
  const found = new Set<MembershipNode>(rivals.attackers.get(node) ?? [])
  const { member } = node.author
  const past = [...(index.admissions.get(member) ?? []), ...(index.removals.get(member) ?? [])]
  if (node.acts.some(needsAdmin)) {
    past.push(...(index.roles.get(member) ?? []))
  }
  for (const other of past) {
    if (precedes(other, node)) {
      found.add(other)
    }
  }
  for (const act of node.acts) {
    const invite = act.kind === 'add' ? index.invites.get(act.invitation) : undefined
    if (invite !== undefined) {
      found.add(invite)
    }
  }
  for (const { before } of rivals.surplus.get(node) ?? []) {
    for (const other of before) {
      found.add(other)
    }
  }
  return open.filter((other) => other !== node && found.has(other))
}

/** The strongly connected set that depends on nothing outside itself and holds the canonically first act of all such. */
function firstKnot(
  open: readonly MembershipNode[],
  dependencies: ReadonlyMap<MembershipNode, readonly MembershipNode[]>
): MembershipNode[] {
  const reach = new Map(open.map((node) => [node, reachable(node, dependencies)]))
  const knots = open.filter((node) =>
    [...(reach.get(node) ?? [])].every((other) => reach.get(other)?.has(node) === true)
  )
  const first = knots.sort(comparePlaces)[0] ?? firstOf(open)
  return [first, ...(reach.get(first) ?? [])].filter((node, at, all) => all.indexOf(node) === at).sort(comparePlaces)
}

function reachable(
  from: MembershipNode,
  dependencies: ReadonlyMap<MembershipNode, readonly MembershipNode[]>
): Set<MembershipNode> {
  const found = new Set<MembershipNode>()
  const waiting = [from]
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    for (const next of dependencies.get(node) ?? []) {
      if (!found.has(next)) {
        found.add(next)
        waiting.push(next)
      }
    }
  }
  return found
}

/** Rivals within the knot, each pair once. */
function rivalPairs(rivals: Rivals, knot: readonly MembershipNode[]): [MembershipNode, MembershipNode][] {
  const pairs: [MembershipNode, MembershipNode][] = []
  for (const node of knot) {
    const against = [
      ...(rivals.attackers.get(node) ?? []),
      ...(rivals.surplus.get(node) ?? []).flatMap(({ before }) => before)
    ]
    for (const other of against) {
      const known = pairs.some(([a, b]) => (a === node && b === other) || (a === other && b === node))
      if (knot.includes(other) && !known) {
        pairs.push([other, node])
      }
    }
  }
  return pairs
}

function firstOf(nodes: readonly MembershipNode[]): MembershipNode {
  const [first] = nodes
  if (first === undefined) {
    throw new RangeError('A knot has at least one act')
  }
  return first
}
