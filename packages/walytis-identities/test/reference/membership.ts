import type { Act, Admission, MembershipNode } from '../../src/state/membership.ts'

/**
 * The rules of membership once more, as plainly as they can be said: sets of names, everything computed anew each time. Slow, and
 * sharing no code with `src/state`.
 */
export interface ReferenceState {
  /** `did role`, in order of seniority. */
  readonly members: string[]
  readonly fallen: string[]
  readonly exclusions: string[]
  readonly usable: string[]
}

type Verdict = 'in' | 'out' | '?'
type Has = (node: MembershipNode, test: (act: Act) => boolean) => boolean

const has: Has = (node, test) => node.acts.some(test)
const byPlace = (a: Admission, b: Admission): number => a.height - b.height || (a.id < b.id ? -1 : 1)
const byPath = (a: readonly Admission[], b: readonly Admission[]): number => {
  const at = a.findIndex((step, index) => step.id !== b[index]?.id)
  const [mine, theirs] = [a[at], b[at]]
  return mine === undefined || theirs === undefined ? a.length - b.length : byPlace(mine, theirs)
}
const byAuthor = (a: MembershipNode, b: MembershipNode): number => byPath(a.author.path, b.author.path) || byPlace(a, b)

export function referenceState(nodes: readonly MembershipNode[]): ReferenceState {
  const { verdict, all, removedDevices } = settle(nodes)
  const standing = (id: string): boolean => verdict.get(id) === 'in'
  const dids = [...new Set(all.flatMap((node) => node.acts.flatMap(addedBy)))]
  const members = dids
    .flatMap((did) => {
      const ways = waysIn(did, all, all, verdict).filter(({ counts }) => counts === 'in')
      const paths = ways.map(({ node }) => pathOf(node, did)).sort(byPath)
      return paths[0] === undefined ? [] : [{ did, path: paths[0], role: roleIn(did, all, all, verdict) }]
    })
    .sort((a, b) => byPath(a.path, b.path))
  const exclusions = exclusionsOf(all, standing, removedDevices)
  const usable = all.filter(
    (node) =>
      has(node, ({ kind }) => kind === 'epoch') &&
      exclusions.every((id) => exclusionsWithin(pastOf(node, nodes).concat(node)).includes(id))
  )
  return {
    members: members.map(({ did, role }) => `${did} ${role}`),
    fallen: all
      .filter(({ id }) => verdict.get(id) === 'out')
      .map(({ id }) => id)
      .sort(),
    exclusions: exclusions.sort(),
    usable: usable.map(({ id }) => id).sort()
  }
}

/** A block of content: who wrote it, which nodes it follows, and whether it precedes a node. */
export interface ReferenceContent {
  readonly member: string
  readonly device: string
  readonly follows: (id: string) => boolean
  readonly precedes: (id: string) => boolean
}

/** Whether content is in effect, given all nodes. */
export function referenceStands(nodes: readonly MembershipNode[], content: ReferenceContent): boolean {
  const { verdict, all, removedDevices } = settle(nodes)
  const scope = all.filter(({ id }) => content.follows(id))
  const ends = all.filter(
    (node) =>
      (verdict.get(node.id) === 'in' && removes(node, content.member)) ||
      node.revokes.some(({ device, by }) => device === content.device && by.some((id) => removedDevices.has(id)))
  )
  return (
    waysIn(content.member, scope, all, verdict).some(({ counts }) => counts === 'in') &&
    ends.every(({ id }) => content.follows(id) || content.precedes(id))
  )
}

function exclusionsWithin(nodes: readonly MembershipNode[]): string[] {
  const { verdict, all, removedDevices } = settle(nodes)
  return exclusionsOf(all, (id) => verdict.get(id) === 'in', removedDevices)
}

function exclusionsOf(
  all: readonly MembershipNode[],
  standing: (id: string) => boolean,
  removed: Set<string>
): string[] {
  return all
    .filter(
      (node) =>
        has(node, ({ kind }) =>
          kind === 'add' ? !standing(node.id) : (kind === 'remove' || kind === 'leave') && standing(node.id)
        ) || node.revokes.some(({ by }) => by.some((id) => removed.has(id)))
    )
    .map(({ id }) => id)
}

function settle(nodes: readonly MembershipNode[]): {
  verdict: Map<string, Verdict>
  all: MembershipNode[]
  removedDevices: Set<string>
} {
  const all = [...nodes].sort(byPlace)
  const removedDevices = new Set(
    all.flatMap(({ evidence }) => evidence.flatMap(({ blocks }) => blocks)).filter((block) => block.includes('-'))
  )
  const verdict = new Map<string, Verdict>()
  const acting = all.filter(({ acts }) => acts.length > 0)
  for (const node of acting) {
    const revoked = all.some(
      (other) =>
        beside(node, other, all) &&
        other.revokes.some(({ device, by }) => device === node.author.device && by.some((id) => removedDevices.has(id)))
    )
    verdict.set(node.id, revoked ? 'out' : '?')
  }
  for (;;) {
    const next = acting.find((node) => verdict.get(node.id) === '?' && judge(node, all, verdict) !== '?')
    if (next !== undefined) {
      verdict.set(next.id, judge(next, all, verdict))
      continue
    }
    const open = acting.filter(({ id }) => verdict.get(id) === '?')
    if (open.length === 0) {
      break
    }
    untie(open, all, verdict)
  }
  for (const node of acting) {
    if (verdict.get(node.id) === 'in' && rights(node, all, verdict) === 'out') {
      verdict.set(node.id, 'out')
    }
  }
  return { verdict, all, removedDevices }
}

/** Take one circle apart. */
function untie(open: readonly MembershipNode[], all: readonly MembershipNode[], verdict: Map<string, Verdict>): void {
  const needs = (node: MembershipNode): MembershipNode[] =>
    open.filter((other) => other !== node && hangsOn(node, other, all))
  const reach = (from: MembershipNode): Set<MembershipNode> => {
    const found = new Set(needs(from))
    for (const node of found) {
      for (const next of needs(node)) {
        found.add(next)
      }
    }
    return found
  }
  const first = open.find((node) => [...reach(node)].every((other) => reach(other).has(node))) ?? open[0]
  const circle = first === undefined ? [] : open.filter((node) => node === first || reach(first).has(node))
  const pairs = circle.flatMap((a, at) =>
    circle
      .slice(at + 1)
      .filter((b) => rivals(a, b, all))
      .map((b) => [a, b] as const)
  )
  const decided = pairs.map(([a, b]) => (witnessed(a, b, all) === a ? { wins: a, loses: b } : { wins: b, loses: a }))
  const involved = [...new Set(pairs.flat())].sort(byAuthor)
  const unbeaten = involved.find((node) => decided.every(({ loses }) => loses !== node))
  const winner = unbeaten ?? involved[0]
  if (winner === undefined) {
    throw new RangeError('A circle without rivals')
  }
  verdict.set(winner.id, 'in')
  for (const { wins, loses } of decided) {
    if (wins === winner || (unbeaten === undefined && loses === winner)) {
      verdict.set(wins === winner ? loses.id : wins.id, 'out')
    }
  }
}

function judge(node: MembershipNode, all: readonly MembershipNode[], verdict: Map<string, Verdict>): Verdict {
  const attackers = all.filter((other) => attacks(other, node, all)).map(({ id }) => verdict.get(id))
  if (attackers.includes('in')) {
    return 'out'
  }
  const answers: Verdict[] = [attackers.includes('?') ? '?' : 'in', rights(node, all, verdict)]
  for (const act of node.acts) {
    if (act.kind === 'add') {
      const uses = usesOf(act.invitation, all)
      const before = ahead(node, act.invitation, all).map(({ id }) => verdict.get(id))
      const taken = before.filter((one) => one === 'in').length
      const possible = before.filter((one) => one !== 'out').length
      answers.push(taken >= uses ? 'out' : possible >= uses ? '?' : 'in')
    }
  }
  return worst(answers)
}

function rights(node: MembershipNode, all: readonly MembershipNode[], verdict: Map<string, Verdict>): Verdict {
  if (node.height === 0) {
    return 'in'
  }
  const past = pastOf(node, all)
  const answers: Verdict[] = []
  const ways = waysIn(node.author.member, past, all, verdict).map(({ counts }) => counts)
  answers.push(ways.includes('in') ? 'in' : ways.includes('?') ? '?' : 'out')
  if (answers[0] !== 'out' && asksForAdmin(node)) {
    const role = roleIn(node.author.member, past, all, verdict)
    answers.push(role === '?' ? '?' : role === 'admin' ? 'in' : 'out')
  }
  for (const act of node.acts) {
    if (act.kind === 'add') {
      const invite = inviteOf(act.invitation, all)
      answers.push(invite === undefined ? 'out' : invite === node ? 'in' : (verdict.get(invite.id) ?? 'out'))
    }
  }
  return worst(answers)
}

/** Admissions of a member within a scope, and whether each counts. */
function waysIn(
  did: string,
  scope: readonly MembershipNode[],
  all: readonly MembershipNode[],
  verdict: Map<string, Verdict>
): { node: MembershipNode; counts: Verdict }[] {
  const removals = scope.filter((node) => removes(node, did))
  return scope
    .filter((node) => node.acts.some((act) => addedBy(act).includes(did)))
    .map((node) => {
      const against = removals
        .filter((removal) => !pastOf(node, all).includes(removal))
        .map(({ id }) => verdict.get(id))
      const counts = worst([
        verdict.get(node.id) ?? 'out',
        against.includes('in') ? 'out' : against.includes('?') ? '?' : 'in'
      ])
      return { node, counts }
    })
}

function roleIn(
  did: string,
  scope: readonly MembershipNode[],
  all: readonly MembershipNode[],
  verdict: Map<string, Verdict>
): 'admin' | 'member' | '?' {
  const ways = waysIn(did, scope, all, verdict).filter(({ counts }) => counts !== 'out')
  const changes = scope.filter(
    (node) =>
      verdict.get(node.id) !== 'out' &&
      has(node, (act) => act.kind === 'role' && act.member === did) &&
      ways.some((way) => pastOf(node, all).includes(way.node))
  )
  const given = (node: MembershipNode): 'admin' | 'member' =>
    has(
      node,
      (act) =>
        act.kind === 'inception' ||
        ((act.kind === 'add' || act.kind === 'role') && act.member === did && act.role === 'admin')
    )
      ? 'admin'
      : 'member'
  const assignments = [...ways.map(({ node }) => node), ...changes]
  const roles = new Set(assignments.map(given))
  if (
    roles.size > 1 &&
    (ways.some(({ counts }) => counts === '?') || changes.some(({ id }) => verdict.get(id) === '?'))
  ) {
    return '?'
  }
  const last = assignments
    .filter((node) => !assignments.some((other) => pastOf(other, all).includes(node)))
    .sort(byAuthor)[0]
  return last === undefined ? 'member' : given(last)
}

function attacks(a: MembershipNode, b: MembershipNode, all: readonly MembershipNode[]): boolean {
  const did = b.author.member
  const demotes = asksForAdmin(b) && has(a, (act) => act.kind === 'role' && act.member === did && act.role === 'member')
  return b.acts.length > 0 && beside(a, b, all) && (removes(a, did) || demotes)
}

function rivals(a: MembershipNode, b: MembershipNode, all: readonly MembershipNode[]): boolean {
  const compete = (x: MembershipNode, y: MembershipNode): boolean =>
    attacks(x, y, all) || x.acts.some((act) => act.kind === 'add' && ahead(x, act.invitation, all).includes(y))
  return compete(a, b) || compete(b, a)
}

function hangsOn(node: MembershipNode, other: MembershipNode, all: readonly MembershipNode[]): boolean {
  const did = node.author.member
  const concerns =
    removes(other, did) ||
    other.acts.some(
      (act) => addedBy(act).includes(did) || (asksForAdmin(node) && act.kind === 'role' && act.member === did)
    )
  return (
    attacks(other, node, all) ||
    (concerns && pastOf(node, all).includes(other)) ||
    node.acts.some(
      (act) =>
        act.kind === 'add' &&
        (inviteOf(act.invitation, all) === other || ahead(node, act.invitation, all).includes(other))
    )
  )
}

/** Admissions that come before this one where an invitation was used too often. */
function ahead(node: MembershipNode, invitation: string, all: readonly MembershipNode[]): MembershipNode[] {
  const users = all.filter((other) => has(other, (act) => act.kind === 'add' && act.invitation === invitation))
  return users.length <= usesOf(invitation, all)
    ? []
    : users.filter(
        (other) =>
          other !== node &&
          (pastOf(node, all).includes(other) || (beside(node, other, all) && witnessed(other, node, all) === other))
      )
}

function witnessed(a: MembershipNode, b: MembershipNode, all: readonly MembershipNode[]): MembershipNode {
  const common = pastOf(a, all).filter((node) => pastOf(b, all).includes(node))
  const third = (did: string): boolean =>
    did !== a.author.member &&
    did !== b.author.member &&
    common.some((node) => node.acts.some((act) => addedBy(act).includes(did)))
  const sees = (node: MembershipNode, seen: MembershipNode): boolean =>
    node === seen || pastOf(node, all).includes(seen)
  const forA = all.some((node) => third(node.author.member) && sees(node, a) && !sees(node, b))
  const forB = all.some((node) => third(node.author.member) && sees(node, b) && !sees(node, a))
  return forA !== forB ? (forA ? a : b) : byAuthor(a, b) < 0 ? a : b
}

const pasts = new WeakMap<MembershipNode, MembershipNode[]>()
/** All ancestors, by following links. */
function pastOf(node: MembershipNode, _all: readonly MembershipNode[]): MembershipNode[] {
  const known = pasts.get(node)
  if (known !== undefined) {
    return known
  }
  const found = [...new Set(node.links.flatMap((link) => [link, ...pastOf(link, _all)]))]
  pasts.set(node, found)
  return found
}

const beside = (a: MembershipNode, b: MembershipNode, all: readonly MembershipNode[]): boolean =>
  a !== b && !pastOf(a, all).includes(b) && !pastOf(b, all).includes(a)
const removes = (node: MembershipNode, did: string): boolean =>
  has(
    node,
    (act) => (act.kind === 'remove' && act.member === did) || (act.kind === 'leave' && node.author.member === did)
  )
const asksForAdmin = (node: MembershipNode): boolean =>
  has(node, ({ kind }) => kind === 'invite' || kind === 'remove' || kind === 'role')
const addedBy = (act: Act): string[] =>
  act.kind === 'inception'
    ? [act.founder, ...(act.recovery === undefined ? [] : [act.recovery])]
    : act.kind === 'add'
      ? [act.member]
      : []
const inviteOf = (invitation: string, all: readonly MembershipNode[]): MembershipNode | undefined =>
  all.find((node) => has(node, (act) => act.kind === 'invite' && act.invitation === invitation))
const usesOf = (invitation: string, all: readonly MembershipNode[]): number =>
  inviteOf(invitation, all)?.acts.flatMap((act) =>
    act.kind === 'invite' && act.invitation === invitation ? [act.uses] : []
  )[0] ?? 0
const pathOf = (node: MembershipNode, did: string): Admission[] => {
  const place = { height: node.height, id: node.id }
  const recovery = node.acts.flatMap((act) => (act.kind === 'inception' ? [act.recovery] : []))[0]
  return node.height > 0 ? [...node.author.path, place] : recovery === undefined || recovery === did ? [] : [place]
}
const worst = (verdicts: readonly Verdict[]): Verdict =>
  verdicts.includes('out') ? 'out' : verdicts.includes('?') ? '?' : 'in'
