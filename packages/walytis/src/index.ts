/**
 * A non-linear database-blockchain: signed blocks in a Merkle-DAG that devices replicate without a server.
 *
 * @example Two nodes share a chain
 *
 * ```ts
 * import { createWalytis } from 'walytis'
 *
 * const alice = await createWalytis()
 * const bob = await createWalytis()
 * const notes = await alice.create({ name: 'notes' })
 * const same = await bob.join(await notes.invite())
 * same.addEventListener('block:added', async ({ detail }) => console.log(new TextDecoder().decode(await detail.block.content())))
 * await notes.add(new TextEncoder().encode('Hello, Bob!'), { topics: ['greeting'] })
 * await notes.sync()
 * await Promise.all([alice.stop(), bob.stop()])
 * ```
 *
 * @packageDocumentation
 */
export { decodeSettings } from './block/genesis.ts'
export { blockIdOf, compareIds, isBlockId, parseBlockId } from './block/id.ts'
export type { Verified } from './block/verify.ts'
export { brokenPositionRule, verifyRawBlock } from './block/verify.ts'
export {
  type CanonicalRule,
  decodeCanonical,
  encodeCanonical,
  equalBytes,
  hasFields,
  isBytes,
  isMap,
  readCanonical
} from './canonical.ts'
export { type GenesisParts, prepareGenesis } from './chain/genesis.ts'
export { type ConsumedLog, LogConsumer } from './consumer.ts'
export { ed25519PublicKey, isValidEd25519Key, signEd25519, verifyEd25519 } from './crypto/ed25519.ts'
export { createSigner } from './crypto/signer.ts'
export {
  AccessDeniedError,
  ClosedError,
  DamagedFileError,
  DamagedRecordError,
  HandlerError,
  IncompleteChainError,
  InvalidArgumentError,
  InvalidBlockError,
  InvalidContentError,
  InvitationError,
  LimitExceededError,
  ListenError,
  NotFoundError,
  PolicyError,
  PolicyMismatchError,
  StoreCorruptError,
  StoreFailedError,
  StoreLockedError,
  StoreVersionError,
  UnreachableError,
  WritingStoppedError
} from './errors.ts'
export { compareOrder } from './graph/order.ts'
export type * from './interface/index.ts'
export { answerQuery, countAnswers } from './query/answer.ts'
export type {
  Cursor,
  Gather,
  IndexEntry,
  IndexedChange,
  Queried,
  QueryIndexes,
  QuerySource,
  TimeRange
} from './query/indexes.ts'
export { type PlacedBlock, placeIndexes, placeRows, rowSourceOf } from './query/place-indexes.ts'
export type { RelayLimits } from './relays.ts'
export { placeBytes } from './storage/indexes.ts'
export { openStore } from './storage/open-store.ts'
export { createWalytis } from './walytis.ts'
export type { DiscoveryInit, WalytisInit } from './walytis-init.ts'
