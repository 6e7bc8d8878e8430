/** The contract of walytis-identities, types only. */
export type { Did, EventKind, HistoryEntry, Principal } from './did.ts'
export type {
  CreateGroupOptions,
  DocumentUpdate,
  Epoch,
  Epochs,
  Group,
  GroupEvents,
  GroupInvitation,
  GroupInviteOptions,
  Identity,
  LinkRequest,
  Member,
  RemoveOptions,
  Role,
  RotateOptions
} from './group.ts'
export type { KeyStore, KeyStoreInit } from './key-store.ts'
export type { SafetyCheck, SafetyNumber, SafetyParty } from './safety-number.ts'
export type { Channel, Sessions } from './session.ts'
