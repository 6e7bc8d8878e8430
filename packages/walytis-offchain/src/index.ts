/**
 * A blockchain whose content never touches the chain: sealed at rest, handed only to current members.
 *
 * @example
 * ```ts
 * import { createWalytis } from 'walytis'
 * import { createGroup, createIdentity, openKeyStore } from 'walytis-identities'
 * import { privately } from 'walytis-offchain'
 *
 * const walytis = await createWalytis({ storage: './data' })
 * const keyStore = await openKeyStore({ storage: walytis.store, passphrase: 'correct horse battery staple' })
 * const group = await createGroup(walytis, keyStore, await createIdentity(walytis, keyStore))
 * const notes = await privately(group)
 * notes.addEventListener('block:added', async ({ detail: { block } }) => {
 *   console.log(block.author, new TextDecoder().decode(await block.content()))
 * })
 * await notes.add(new TextEncoder().encode('for members only'), { topics: ['note'] })
 * ```
 *
 * @packageDocumentation
 */
export { InvalidArgumentError } from 'walytis'
export { CONTENT_PROTOCOL, EXCHANGE_PROTOCOL, MAX_CONTENT_SIZE, REGISTERS_PROTOCOL } from './constants.ts'
export {
  ClosedError,
  ContentRefusedError,
  ExchangeError,
  KeyUnavailableError,
  LimitExceededError,
  NotFoundError,
  PinnedError,
  StoreCorruptError,
  StoreVersionError
} from './errors.ts'
export type {
  ContentState,
  FetchPolicy,
  PrivateBlock,
  PrivateBlockchain,
  PrivateEvents,
  PrivateOptions,
  Registers,
  RegisterValue,
  StreamOptions,
  Transfer
} from './interface.ts'
export { privately } from './private-blockchain.ts'
