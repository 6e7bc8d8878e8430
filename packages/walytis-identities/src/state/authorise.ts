import type { Refused } from '../encoding/canonical.ts'
import { DEPTH_LIMIT } from '../group-constants.ts'
import type { Did } from '../interface/did.ts'
import { needsAdmin } from './acts.ts'
import type { Act, Author, GroupState } from './membership.ts'

/**
 * Whether an act may be done, by the state at its block's ancestors (and the acts before it in the block). The rules R11 and R20
 * are about these; signatures and evidence are checked elsewhere.
 *
 * @returns the rule that is broken
 */
export function brokenRight(state: GroupState, author: Author, act: Act): Refused | undefined {
  const member = state.members.get(author.member)
  if (member === undefined) {
    return { rule: 'not-a-member' }
  }
  if (state.devices.get(author.device)?.pending === true && !(act.kind === 'mirror' && act.member === state.founder)) {
    return { rule: 'pending-device' }
  }
  if (needsAdmin(act) && member.role !== 'admin') {
    return { rule: 'not-an-admin' }
  }
  switch (act.kind) {
    case 'invite':
      return state.invitations.has(act.invitation) ? { rule: 'invitation-exists' } : undefined
    case 'revoke-invite': {
      const invitation = state.invitations.get(act.invitation)
      if (invitation === undefined) {
        return { rule: 'unknown-invitation' }
      }
      return invitation.inviter === author.member || member.role === 'admin' ? undefined : { rule: 'not-an-admin' }
    }
    case 'add':
      return brokenAdmission(state, author, act)
    case 'remove':
      if (act.member === author.member) {
        return { rule: 'remove-self' }
      }
      return state.members.has(act.member) ? undefined : { rule: 'unknown-member' }
    case 'role':
      return state.members.has(act.member) ? undefined : { rule: 'unknown-member' }
    case 'inception':
      return { rule: 'second-inception' }
    default:
      return undefined
  }
}

function brokenAdmission(state: GroupState, author: Author, act: Act & { kind: 'add' }): Refused | undefined {
  const invitation = state.invitations.get(act.invitation)
  if (invitation === undefined) {
    return { rule: 'unknown-invitation' }
  }
  if (!invitation.open) {
    return { rule: 'invitation-closed' }
  }
  if (invitation.used >= invitation.uses) {
    return { rule: 'invitation-used-up' }
  }
  if (!invitation.shared && invitation.inviter !== author.member) {
    return { rule: 'invitation-of-another' }
  }
  if (act.role !== invitation.role) {
    return { rule: 'invitation-role' }
  }
  if (state.members.has(act.member)) {
    return { rule: 'already-a-member' }
  }
  if (act.member === state.did) {
    return { rule: 'member-of-itself' }
  }
  return brokenPrincipal(state, act.member)
}

function brokenPrincipal(state: GroupState, did: Did): Refused | undefined {
  const principal = state.principals.get(did)
  if (principal === undefined || principal.devices.length === 0) {
    return { rule: 'evidence-missing' }
  }
  return principal.depth >= DEPTH_LIMIT ? { rule: 'nested-too-deep' } : undefined
}
