/**
 * Identities whose state is a blockchain: rotating hybrid (classical and post-quantum) keys, groups of identities that change without a server,
 * and secure sessions between their devices.
 *
 * ```ts
 * import { createWalytis } from 'walytis'
 * import { createGroup, createIdentity, joinGroup, openKeyStore } from 'walytis-identities'
 *
 * const node = await createWalytis({ storage: 'alice' })
 * const keyStore = await openKeyStore({ storage: node.store, passphrase: 'correct horse battery staple' })
 * const device = await createIdentity(node, keyStore)
 * const group = await createGroup(node, keyStore, device)
 * const invitation = await group.invite() // one line of text; Bob: joinGroup(node, keyStore, device, text)
 * group.addEventListener('members:changed', ({ detail }) => console.log('joined:', detail.added))
 * const sealed = await group.encryptTo(new TextEncoder().encode('for members only'))
 * ```
 *
 * @packageDocumentation
 */
export { type BackupUnlock, type ExportOptions, exportKeyStore, type ImportOptions, importKeyStore } from './backup.ts'
export {
  BackupConflictError,
  BackupCorruptError,
  ChannelClosedError,
  ClosedError,
  DecryptionError,
  HandshakeError,
  InvalidArgumentError,
  InvalidDidError,
  InvalidIdentityError,
  InvalidRecoveryPhraseError,
  KeyStoreCorruptError,
  KeyStoreLockedError,
  KeyStoreMissingError,
  KeyStoreVersionError,
  LimitExceededError,
  NotMemberError,
  UnknownIdentityError,
  UnknownSuiteError,
  UnreachableError,
  WrongPassphraseError
} from './errors.ts'
export {
  createGroup,
  type GroupOptions,
  type JoinGroupOptions,
  joinGroup,
  type LoadGroupOptions,
  loadGroup
} from './group.ts'
export {
  AccessDeniedError,
  GroupCorruptError,
  InvitationError,
  KeyUnavailableError,
  UpdateRequiredError
} from './group-errors.ts'
export { signerOf } from './identity/app-signature.ts'
export { type RecoveryEvidence, recoveryEvidence } from './identity/recovery.ts'
export {
  type CreateIdentityOptions,
  createIdentity,
  forgetIdentity,
  type IdentityOptions,
  loadIdentity,
  recoverIdentity
} from './identity.ts'
export type * from './interface/index.ts'
export { openKeyStore } from './keys/key-store.ts'
export { createRecoveryPhrase } from './keys/recovery.ts'
export { parseInvitation as parseGroupInvitation } from './members/invite.ts'
export { getResolver } from './resolver.ts'
export { checkSafetyCode, safetyNumber } from './safety-number.ts'
export { type ResumableSessions, resumable } from './session/resumable.ts'
export type { ResumableOptions } from './session/resumable-context.ts'
