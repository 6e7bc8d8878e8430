import { buildBlock } from '../block/build.ts'
import { decodeSettings, encodeSettings } from '../block/genesis.ts'
import { contentIdOf } from '../block/id.ts'
import { verifyRawBlock } from '../block/verify.ts'
import { InvalidBlockError, NotFoundError } from '../errors.ts'
import type { BatchOperation, BlockId, ChainSettings, RawBlock, Signer } from '../interface/index.ts'
import type { ChainStore } from '../storage/chain-store.ts'
import { accept, type Candidate } from './accept.ts'
import type { Chain } from './chain.ts'
import { readContent } from './contents.ts'

/** What a genesis says. */
export interface GenesisParts {
  readonly settings: ChainSettings
  /** 32 random bytes. */
  readonly nonce: Uint8Array
  /** Milliseconds since 1970: a claim. */
  readonly time: number
}

/** The first block of a new chain, signed by its founder. */
export async function makeGenesis(parts: GenesisParts, signer: Signer): Promise<Candidate> {
  const content = encodeSettings(parts.settings, parts.nonce)
  const position = { chain: null, parents: [], prev: null, seq: 1, height: 0 }
  const block = await buildBlock({ position, content, topics: [], time: parts.time }, signer)
  return { block, content }
}

/**
 * A genesis for `create` to take. Chains are made by `create` alone; this is for a founder who must come to the same chain again, or know its
 * id before: the same parts and key give the same genesis.
 *
 * @throws {LimitExceededError} when a name or the policy's parameters are too long
 */
export async function prepareGenesis(
  parts: GenesisParts,
  signer: Signer
): Promise<{ readonly id: BlockId; readonly genesis: RawBlock }> {
  const { block, content } = await makeGenesis(parts, signer)
  return { id: block.id, genesis: { block: block.bytes, content } }
}

/**
 * A genesis that was made before.
 *
 * @throws {InvalidBlockError} when it is none
 */
export function readGenesis(raw: RawBlock): Candidate & { readonly settings: ChainSettings } {
  const verified = verifyRawBlock(raw)
  if (!verified.ok) throw new InvalidBlockError(verified.rule)
  const settings = verified.block.chain === null ? decodeSettings(verified.content) : undefined
  if (settings === undefined) throw new InvalidBlockError('not-a-genesis')
  return { block: verified.block, content: verified.content, settings }
}

/**
 * Write the genesis of this node's new chain, in one batch with the given rows.
 *
 * @throws {InvalidBlockError} when the chain's own policy refuses it
 */
export async function writeGenesis(chain: Chain, genesis: Candidate, batch: readonly BatchOperation[]): Promise<void> {
  const { id, policy } = chain.components
  await chain.writer.run(async (transaction) => {
    const rule = await accept(genesis, id, policy, transaction)
    if (rule !== undefined) throw new InvalidBlockError(rule)
    transaction.own = genesis.block
    transaction.writes.push(...batch)
  })
}

/**
 * The settings of a stored chain.
 *
 * @throws {NotFoundError} when the genesis is not stored
 * @throws {StoreCorruptError}
 */
export async function readSettings(store: ChainStore, id: BlockId): Promise<ChainSettings> {
  const genesis = await store.get(id)
  if (genesis === undefined) throw new NotFoundError('chain', id.toString())
  const content = await readContent(store, genesis)
  // a damaged bit may leave settings that can be read, but are another chain's
  if (!contentIdOf(content).equals(genesis.block.content)) throw store.damaged()
  const settings = decodeSettings(content)
  if (settings === undefined) throw store.damaged()
  return settings
}
