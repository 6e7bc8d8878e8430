import { decodeSettings } from '../block/genesis.ts'
import { MAX_CONTENT_BYTES } from '../constants.ts'
import type { Acceptance, BlockId, BlockPolicy, SignedBlock } from '../interface/index.ts'
import type { StoredBlock } from '../storage/stored-block.ts'
import { applyEffects, enter } from './effects.ts'
import { judge } from './judge.ts'
import type { Transaction } from './transaction.ts'

/** A block that has passed the stateless check, with its content. */
export interface Candidate {
  readonly block: SignedBlock
  /** Empty when it is larger than what travels with a block. */
  readonly content: Uint8Array
  /** Its larger content is on the disk: this node has just written it. */
  readonly isFile?: boolean | undefined
}

/** Undefined when the block was accepted into the transaction, else the rule it breaks. */
export type Refusal = string | undefined

/**
 * Judge a block whose links are all known and, when it is accepted, put it into the transaction with all that follows from it.
 *
 * @throws {PolicyError} and the block is not in
 * @throws {StoreFailedError} and the transaction is broken
 */
export async function accept(
  candidate: Candidate,
  chain: BlockId,
  policy: BlockPolicy,
  transaction: Transaction
): Promise<Refusal> {
  const { block, content } = candidate
  const judgement = await judge(block, content, chain, policy, transaction)
  if (!judgement.accepted) return judgement.rule
  try {
    await insert(candidate, judgement, transaction)
  } catch (error) {
    transaction.broken ??= error
    throw error
  }
  return undefined
}

async function insert(
  { block, content, isFile = false }: Candidate,
  judgement: Acceptance,
  transaction: Transaction
): Promise<void> {
  const { effects } = judgement
  const revoked = effects.revoke.some((id) => id.equals(block.id))
  await noteFork(block, transaction)
  const isGenesis = block.chain === null
  const stored: StoredBlock = {
    block,
    annotation: judgement.annotation,
    // the genesis is no change in the chain but its beginning
    arrival: isGenesis ? 0 : transaction.appendLog('block', block.id),
    revoked,
    retained: judgement.retain,
    replicated: false,
    lacking: !isFile && (await isLacking(block, transaction))
  }
  if (isGenesis) transaction.state.isPublic = decodeSettings(content)?.access === 'public'
  if (revoked) transaction.appendLog('revoke', block.id)
  transaction.insert(stored, content)
  await enter(stored, transaction)
  await applyEffects(effects, transaction)
}

async function isLacking({ content: root, size }: SignedBlock, transaction: Transaction): Promise<boolean> {
  return size > MAX_CONTENT_BYTES && !(await transaction.hasFile({ root, size }))
}

/** Two blocks of one creator and seq prove that it forked: the first two are kept as the proof, and both are accepted. */
async function noteFork(block: SignedBlock, transaction: Transaction): Promise<void> {
  // the creator's next block, as nearly all are: nothing to look up
  if (block.seq > (await transaction.latestSeq(block.creator))) return
  const [other, third] = await transaction.atSeq(block.creator, block.seq)
  if (other === undefined || third !== undefined) return
  transaction.forks.push({ creator: block.creator, seq: block.seq, blocks: [other, block.id] })
}
