/**
 * Edit, delete and restore over any `walytis` blockchain, with the whole history kept.
 *
 * ```ts
 * import { createWalytis } from 'walytis'
 * import { mutable } from 'walytis-mutability'
 *
 * const walytis = await createWalytis()
 * const notes = await mutable(await walytis.create({ name: 'notes' }))
 * const note = await notes.add(new TextEncoder().encode('milk'), { topics: ['shopping'] })
 * const edited = await note.edit(new TextEncoder().encode('milk, bread'))
 * for await (const version of edited.versions()) console.log(version.kind, version.time)
 * await edited.delete()
 * console.log(await notes.count()) // 0
 * await walytis.stop()
 * ```
 *
 * @packageDocumentation
 */
export {
  AlreadyOpenError,
  ChangeConflictError,
  ChangeDeniedError,
  IndexDamagedError,
  LimitExceededError,
  NotFoundError,
  PolicyMismatchError,
  ReservedTopicError,
  UnknownPolicyError,
  UnreadableChangeError
} from './errors.ts'
export type {
  BlockTransition,
  ChangeInfo,
  ChangePolicy,
  MayChange,
  MutableBlock,
  MutableBlockchain,
  MutableEvents,
  MutableOptions,
  OriginalInfo,
  StateAtChange,
  Version
} from './interface.ts'
export { mutable } from './mutable-blockchain.ts'
export { authorOnly, inGenesis, moderatedBy } from './policy.ts'
