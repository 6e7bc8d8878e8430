import type { Did } from '../interface/did.ts'
import { AppendMap } from './append-map.ts'
import { extendRanking } from './epochs.ts'
import { holdersOf } from './holders.ts'
import type {
  Act,
  Evidence,
  GroupState,
  InvitationState,
  MemberState,
  MembershipNode,
  PrincipalState,
  Resolve
} from './membership.ts'
import { comparePaths } from './seniority.ts'

/**
 * The state after one more node, which follows all others: nothing stands beside it, so no conflict comes of it, and whatever fell stays fallen.
 * What it costs depends on the node and on how many members there are, not on how many nodes came before. `reduce` gives the same by folding
 * all of them.
 *
 * @param before the state at the node's links
 * @param nodeOf looks up a node that is among its ancestors
 * @returns undefined where only folding anew can tell: evidence that changes what was revoked before, members that come back, several
 * acts on one member, an invitation that somebody fell from
 */
export function extend(
  before: GroupState,
  node: MembershipNode,
  resolve: Resolve,
  nodeOf: (id: string) => MembershipNode | undefined
): GroupState | undefined {
  let state = withEvidence(before, node.evidence, resolve)
  const touched = new Set<Did>()
  for (const act of node.acts) {
    const member = targetOf(act, node)
    if (state === undefined || act.kind === 'inception' || (member !== undefined && touched.has(member))) {
      return undefined
    }
    if (member !== undefined) {
      touched.add(member)
    }
    state = withAct(state, before, node, act)
  }
  return state === undefined ? undefined : withEpochs(withExclusion(state, node), before, node, nodeOf)
}

/** Whom an act makes, or unmakes, a member or an admin. */
function targetOf(act: Act, node: MembershipNode): Did | undefined {
  return act.kind === 'add' || act.kind === 'remove' || act.kind === 'role'
    ? act.member
    : act.kind === 'leave'
      ? node.author.member
      : undefined
}

function withEvidence(before: GroupState, gathered: readonly Evidence[], resolve: Resolve): GroupState | undefined {
  let state = before
  for (const { of, blocks } of gathered) {
    const old = state.principals.get(of)
    const evidence = new Set([...(state.evidence.get(of) ?? []), ...blocks])
    const now = resolve(of, evidence)
    if (now === undefined ? old !== undefined : !onlyGrows(state, old, now)) {
      return undefined
    }
    state = { ...state, evidence: new Map(state.evidence).set(of, evidence) }
    if (now !== undefined) {
      state = withPrincipal(state, now)
    }
  }
  return state
}

/** Whether what the evidence says more than before can concern no earlier node. */
function onlyGrows(state: GroupState, old: PrincipalState | undefined, now: PrincipalState): boolean {
  const seen = state.evidence.get(now.did) ?? new Set<string>()
  for (const [device, ids] of old?.removals ?? []) {
    const still = now.removals.get(device)
    if (![...ids].every((id) => still?.has(id) === true)) {
      return false
    }
  }
  for (const [device, ids] of now.removals) {
    if (![...ids].every((id) => old?.removals.get(device)?.has(id) === true || !seen.has(id))) {
      return false
    }
  }
  // Devices that a removal of their member took out, and members that fell: what becomes of theirs depends on which.
  const known = devicesIn(now).every((device) =>
    [...(state.removals.get(device) ?? [])].every((id) => old?.removals.get(device)?.has(id) === true)
  )
  return now.depth <= 2 && known && (state.members.has(now.did) || state.fallen.size === 0)
}

function withPrincipal(state: GroupState, principal: PrincipalState): GroupState {
  const principals = new Map(state.principals).set(principal.did, principal)
  const member = state.members.get(principal.did)
  if (member === undefined) {
    return withHolders({ ...state, principals })
  }
  const members = new Map(state.members).set(principal.did, { ...member, devices: principal.devices })
  return withHolders(noted({ ...state, principals, members }, principal.removals))
}

function withAct(state: GroupState, before: GroupState, node: MembershipNode, act: Act): GroupState | undefined {
  switch (act.kind) {
    case 'add':
      return withAdmission(state, before, node, act)
    case 'remove':
      return withRemoval(state, before, node, act.member)
    case 'leave':
      return withRemoval(state, before, node, node.author.member)
    case 'role': {
      const member = state.members.get(act.member)
      const changed = member !== undefined && {
        ...state,
        members: new Map(state.members).set(act.member, { ...member, role: act.role })
      }
      return changed && act.role === 'member'
        ? closing(changed, before, ({ inviter }) => inviter === act.member)
        : changed || undefined
    }
    case 'invite': {
      const { invitation: id, uses, shared, role, expires, link, verifier } = act
      const made = {
        id,
        inviter: node.author.member,
        uses,
        used: 0,
        claimed: 0,
        shared,
        role,
        expires,
        link,
        verifier,
        open: true
      }
      return { ...state, invitations: new Map(state.invitations).set(id, made) }
    }
    case 'revoke-invite': {
      const invitation = state.invitations.get(act.invitation)
      return invitation && withInvitation(state, { ...invitation, open: false })
    }
    case 'unknown':
      return act.critical ? { ...state, critical: [...state.critical, act.name] } : state
    default:
      return state
  }
}

function withAdmission(
  state: GroupState,
  before: GroupState,
  node: MembershipNode,
  { member, role, invitation: id }: Act & { kind: 'add' }
): GroupState | undefined {
  const invitation = state.invitations.get(id)
  const principal = state.principals.get(member)
  const known = principal !== undefined && devicesIn(principal).some((device) => before.removals.has(device))
  if (invitation === undefined || invitation.claimed >= invitation.uses || known || state.members.has(member)) {
    return undefined
  }
  const path = [...node.author.path, { height: node.height, id: node.id }]
  const added: MemberState = { did: member, role, path, devices: principal?.devices ?? [] }
  const members = new Map<Did, MemberState>()
  for (const one of state.members.values()) {
    if (!members.has(member) && comparePaths(path, one.path) < 0) {
      members.set(member, added)
    }
    members.set(one.did, one)
  }
  if (!members.has(member)) {
    members.set(member, added)
  }
  const { used, claimed } = invitation
  const next = withInvitation({ ...state, members }, { ...invitation, used: used + 1, claimed: claimed + 1 })
  return withHolders(noted(next, principal?.removals ?? new Map()))
}

function withRemoval(state: GroupState, before: GroupState, node: MembershipNode, member: Did): GroupState {
  const members = new Map(state.members)
  members.delete(member)
  const principal = state.principals.get(member)
  const gone = principal === undefined ? [] : devicesIn(principal)
  const removals = new Map(gone.map((device) => [device, new Set([node.id])]))
  const closed = closing(
    { ...state, members },
    before,
    ({ inviter, shared, uses }) => shared || uses > 1 || inviter === member
  )
  return withHolders(noted(closed, removals))
}

/** Invitations from before this node that no longer admit anybody. */
function closing(state: GroupState, before: GroupState, which: (invitation: InvitationState) => boolean): GroupState {
  const invitations = new Map(state.invitations)
  for (const invitation of state.invitations.values()) {
    if (invitation.open && before.invitations.has(invitation.id) && which(invitation)) {
      invitations.set(invitation.id, { ...invitation, open: false })
    }
  }
  return { ...state, invitations }
}

function withInvitation(state: GroupState, invitation: InvitationState): GroupState {
  return { ...state, invitations: new Map(state.invitations).set(invitation.id, invitation) }
}

function noted(state: GroupState, more: PrincipalState['removals']): GroupState {
  if (more.size === 0) {
    return state
  }
  const removals = new Map(state.removals)
  for (const [device, ids] of more) {
    removals.set(device, new Set([...(removals.get(device) ?? []), ...ids]))
  }
  return { ...state, removals }
}

function withHolders(state: GroupState): GroupState {
  return { ...state, ...holdersOf(state.members, state.principals, state) }
}

function withExclusion(state: GroupState, node: MembershipNode): GroupState {
  const excludes = node.acts.some(({ kind }) => kind === 'remove' || kind === 'leave')
  const revokes = node.revokes.some(({ device, by }) =>
    [...state.principals.values()].some(({ removals }) => by.some((id) => removals.get(device)?.has(id) === true))
  )
  return excludes || revokes ? { ...state, exclusions: new Set([...state.exclusions, node.id]) } : state
}

const keySets = new WeakMap<ReadonlyMap<Did, MemberState>, ReadonlySet<Did>>()

/** The DIDs of members: one set for all states with the same map, since every epoch keeps one. */
function didsOf(members: ReadonlyMap<Did, MemberState>): ReadonlySet<Did> {
  const known = keySets.get(members) ?? new Set(members.keys())
  keySets.set(members, known)
  return known
}

function withEpochs(
  state: GroupState,
  before: GroupState,
  node: MembershipNode,
  nodeOf: (id: string) => MembershipNode | undefined
): GroupState {
  // An epoch from before does not cover a new exclusion.
  const kept = state.exclusions !== before.exclusions ? [] : extendRanking(before, didsOf(state.members), nodeOf)
  const publicKey = node.acts.find((act) => act.kind === 'epoch')?.publicKey
  if (publicKey === undefined) {
    return { ...state, usable: kept }
  }
  const epoch = { id: node.id, publicKey, members: didsOf(state.members), covers: state.exclusions }
  return { ...state, epochs: AppendMap.from(state.epochs).with(node.id, epoch), usable: [node.id, ...kept] }
}

function devicesIn({ devices, removals }: PrincipalState): Did[] {
  return [...devices.map(({ did }) => did), ...removals.keys()]
}
