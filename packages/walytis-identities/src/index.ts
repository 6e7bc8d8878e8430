/**
 * Identities whose state is a blockchain: rotating hybrid (classical and post-quantum) keys, groups of them, and secure sessions.
 *
 * @packageDocumentation
 */
export * from './errors.ts'
export { createIdentity, type IdentityOptions, loadIdentity } from './identity.ts'
export type * from './interface/index.ts'
export { openKeyStore } from './keys/key-store.ts'
export { getResolver } from './resolver.ts'
