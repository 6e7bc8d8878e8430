/**
 * Identities whose state is a blockchain: rotating hybrid (classical and post-quantum) keys, groups of them, and secure sessions.
 *
 * @packageDocumentation
 */
export * from './errors.ts'
export { createGroup, type GroupOptions, joinGroup, type LoadGroupOptions, loadGroup } from './group.ts'
export * from './group-errors.ts'
export { createIdentity, type IdentityOptions, loadIdentity } from './identity.ts'
export type * from './interface/index.ts'
export { openKeyStore } from './keys/key-store.ts'
export { parseInvitation as parseGroupInvitation } from './members/invite.ts'
export { getResolver } from './resolver.ts'
