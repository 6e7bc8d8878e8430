import type { Did } from '../interface/did.ts'
import { type ActIndex, demotes, indexActs, precedes } from './acts.ts'
import { weigh } from './conflicts.ts'
import { rankEpochs } from './epochs.ts'
import { holdersOf } from './holders.ts'
import type {
  Admission,
  EpochState,
  GroupState,
  InvitationState,
  MemberState,
  MembershipNode,
  PrincipalState,
  Resolve
} from './membership.ts'
import { comparePaths, comparePlaces } from './seniority.ts'
import { admissionStanding, roleOf, type VerdictOf } from './standing.ts'

/** What folding a set needs from outside it. All of it is a function of the nodes. */
export interface ReduceContext {
  readonly did: Did
  readonly resolve: Resolve
  /** An epoch as it began: by the state right after its node. Not asked for a node that follows all others of the set. */
  readonly epochOf: (node: MembershipNode) => EpochState | undefined
}

/** A state, and whether a conflict in it was decided by witnesses or seniority. */
export interface Reduced {
  readonly state: GroupState
  readonly contested: boolean
}

/**
 * The state of a group from a set of accepted nodes that holds all their ancestors: who is a member with which role, whose
 * devices are whose, which invitations are open, which epochs may be used, and which acts are not in effect. Pure, and the
 * same for every order in which the nodes came.
 */
export function reduce(set: readonly MembershipNode[], context: ReduceContext): Reduced {
  const nodes = [...set].sort(comparePlaces)
  const index = indexActs(nodes)
  const evidence = gatherEvidence(nodes)
  const principals = new Map<Did, PrincipalState>()
  for (const [did, blocks] of evidence) {
    const principal = context.resolve(did, blocks)
    if (principal !== undefined) {
      principals.set(did, principal)
    }
  }
  const { fallen, contested } = weigh(index, (member) => principals.get(member)?.removals)
  const verdict: VerdictOf = (node) => (node.acts.length === 0 || fallen.has(node) ? 'out' : 'in')
  const genesis = genesisOf(nodes)
  const members = findMembers(index, principals, verdict)
  const exclusions = findExclusions(nodes, principals, fallen)
  const epochNodes = nodes.filter((node) => node.acts.some((act) => act.kind === 'epoch'))
  const epochs = new Map<string, EpochState>()
  for (const node of epochNodes) {
    const publicKey = node.acts.find((act) => act.kind === 'epoch')?.publicKey
    const epoch =
      publicKey !== undefined && followsAll(node, nodes)
        ? { id: node.id, publicKey, members: new Set(members.keys()), covers: exclusions }
        : context.epochOf(node)
    if (epoch !== undefined) {
      epochs.set(node.id, epoch)
    }
  }
  const state: GroupState = {
    did: context.did,
    founder: genesis.founder,
    foundingDevice: genesis.device,
    recovery: genesis.recovery,
    history: genesis.history,
    members,
    ...holdersOf(members, principals, { founder: genesis.founder, foundingDevice: genesis.device }),
    removals: findRemovals(index, principals, verdict),
    evidence,
    principals,
    invitations: findInvitations(index, verdict),
    epochs,
    usable: rankEpochs(epochNodes, epochs, exclusions, members.keys()),
    exclusions,
    fallen: new Set([...fallen].map((node) => node.id)),
    critical: criticalKinds(nodes.filter((node) => !fallen.has(node)))
  }
  return { state, contested }
}

function followsAll(node: MembershipNode, nodes: readonly MembershipNode[]): boolean {
  return nodes.every((other) => other === node || precedes(other, node))
}

interface Genesis {
  readonly founder: Did
  readonly recovery: Did | undefined
  readonly history: GroupState['history']
  readonly device: Did
}

function genesisOf(nodes: readonly MembershipNode[]): Genesis {
  const [node] = nodes
  const act = node?.acts.find((candidate) => candidate.kind === 'inception')
  if (node === undefined || act?.kind !== 'inception') {
    throw new RangeError('A set of nodes holds its genesis')
  }
  const { founder, recovery, history } = act
  return { founder, recovery, history, device: node.author.device }
}

/** All evidence of the set, that of fallen blocks too: it proves itself. */
function gatherEvidence(nodes: readonly MembershipNode[]): Map<Did, Set<string>> {
  const evidence = new Map<Did, Set<string>>()
  for (const node of nodes) {
    for (const { of, blocks } of node.evidence) {
      const known = evidence.get(of) ?? new Set()
      evidence.set(of, known)
      for (const block of blocks) {
        known.add(block)
      }
    }
  }
  return evidence
}

function findMembers(
  index: ActIndex,
  principals: ReadonlyMap<Did, PrincipalState>,
  verdict: VerdictOf
): Map<Did, MemberState> {
  const members: MemberState[] = []
  for (const [did, admissions] of index.admissions) {
    const paths = admissions
      .filter((node) => admissionStanding(index, did, node, 'all', verdict) === 'in')
      .map((node) => pathThrough(node, did))
      .sort(comparePaths)
    const [path] = paths
    if (path !== undefined) {
      const role = roleOf(index, did, 'all', verdict)
      members.push({
        did,
        role: role === 'admin' ? 'admin' : 'member',
        path,
        devices: principals.get(did)?.devices ?? []
      })
    }
  }
  return new Map(members.sort((a, b) => comparePaths(a.path, b.path)).map((member) => [member.did, member]))
}

/**
 * The path of who is admitted by this node: right below its author. The founder's is empty, unless there is a recovery member: then that
 * one's is, and the founder stands right below it.
 */
function pathThrough(node: MembershipNode, member: Did): Admission[] {
  const inception = node.acts.find((act) => act.kind === 'inception')
  const place = { height: node.height, id: node.id }
  if (inception === undefined) {
    return [...node.author.path, place]
  }
  return inception.recovery === undefined || inception.recovery === member ? [] : [place]
}

/** Devices that removals in effect took out, with those removals; what evidence says of members' own devices included. */
function findRemovals(
  index: ActIndex,
  principals: ReadonlyMap<Did, PrincipalState>,
  verdict: VerdictOf
): Map<Did, Set<string>> {
  const removals = new Map<Did, Set<string>>()
  const note = (device: Did, ids: Iterable<string>): void => {
    const known = removals.get(device) ?? new Set()
    removals.set(device, known)
    for (const id of ids) {
      known.add(id)
    }
  }
  for (const [member, nodes] of index.removals) {
    const principal = principals.get(member)
    const inEffect = nodes.filter((node) => verdict(node) === 'in').map((node) => node.id)
    if (inEffect.length > 0) {
      for (const device of [
        ...(principal?.devices ?? []).map(({ did }) => did),
        ...(principal?.removals.keys() ?? [])
      ]) {
        note(device, inEffect)
      }
    }
  }
  for (const member of index.admissions.keys()) {
    for (const [device, ids] of principals.get(member)?.removals ?? []) {
      note(device, ids)
    }
  }
  return removals
}

/**
 * Blocks that put somebody out who may have held a seed: removals and leavings in effect, evidence of a removed device, and
 * admissions that fell.
 */
function findExclusions(
  nodes: readonly MembershipNode[],
  principals: ReadonlyMap<Did, PrincipalState>,
  fallen: ReadonlySet<MembershipNode>
): Set<string> {
  const exclusions = new Set<string>()
  for (const node of nodes) {
    const standing = node.acts.length > 0 && !fallen.has(node)
    const excludes = node.acts.some((act) =>
      act.kind === 'remove' || act.kind === 'leave' ? standing : act.kind === 'add' && !standing
    )
    const revokes = node.revokes.some(({ device, by }) =>
      [...principals.values()].some(({ removals }) => by.some((id) => removals.get(device)?.has(id) === true))
    )
    if (excludes || revokes) {
      exclusions.add(node.id)
    }
  }
  return exclusions
}

function findInvitations(index: ActIndex, verdict: VerdictOf): Map<string, InvitationState> {
  const invitations = new Map<string, InvitationState>()
  const removals = [...index.removals].flatMap(([member, nodes]) => nodes.map((node) => ({ member, node })))
  const demotions = [...index.roles].flatMap(([member, nodes]) =>
    nodes.filter((node) => demotes(node, member)).map((node) => ({ member, node }))
  )
  for (const [id, node] of index.invites) {
    const act = node.acts.find((candidate) => candidate.kind === 'invite' && candidate.invitation === id)
    if (act?.kind !== 'invite' || verdict(node) !== 'in') {
      continue
    }
    const inviter = node.author.member
    const after = ({ node: later }: { node: MembershipNode }): boolean =>
      verdict(later) === 'in' && precedes(node, later)
    const revoked = (index.revocations.get(id) ?? []).some((later) => verdict(later) === 'in')
    // Of one that several may use, whoever is removed may hold the secret: it would let him in again.
    const passedOn = act.shared || act.uses > 1
    const voided =
      removals.some((removal) => (passedOn || removal.member === inviter) && after(removal)) ||
      demotions.some((demotion) => demotion.member === inviter && after(demotion))
    const claims = index.uses.get(id) ?? []
    const used = claims.filter((use) => verdict(use) === 'in').length
    const { uses, shared, role, expires, link, verifier } = act
    const claimed = claims.length
    invitations.set(id, {
      id,
      inviter,
      uses,
      used,
      claimed,
      shared,
      role,
      expires,
      link,
      verifier,
      open: !revoked && !voided
    })
  }
  return invitations
}

function criticalKinds(nodes: readonly MembershipNode[]): string[] {
  return nodes.flatMap((node) => node.acts.flatMap((act) => (act.kind === 'unknown' && act.critical ? [act.name] : [])))
}
