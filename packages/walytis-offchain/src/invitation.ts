import type { Invitation } from 'walytis/interface'
import type { GroupInvitation } from 'walytis-identities'

/** A group's invitation as that of its private chain: the same line, the same secret. */
export function invitationOf(invitation: GroupInvitation, chain: string): Invitation {
  const { id, expires, uses, shared } = invitation
  return {
    id,
    chain,
    expires,
    uses,
    shared,
    toString: () => invitation.toString(),
    toJSON: () => invitation.toJSON()
  }
}
