import type { AbortOptions, PeerId } from '@libp2p/interface'
import { decodeSettings } from '../block/genesis.ts'
import { blockIdOf, idKey } from '../block/id.ts'
import { type Verified, verifyRawBlock, verifyRawBlockAside } from '../block/verify.ts'
import { CHECK_SLICE, MAX_BLOCK_BYTES, MAX_GROUP, VERIFY_ASIDE } from '../constants.ts'
import { DamagedRecordError, PolicyError } from '../errors.ts'
import { compareOrder, linksOf } from '../graph/order.ts'
import type { PendingBlock } from '../graph/pending.ts'
import type { BlockId, RawBlock, SignedBlock } from '../interface/index.ts'
import type { IngestResult } from '../replica.ts'
import { stoppedKey } from '../storage/indexes.ts'
import { accept, type Candidate } from './accept.ts'
import type { Chain } from './chain.ts'
import { mend } from './mend.ts'
import type { Transaction } from './transaction.ts'

interface Tally {
  readonly accepted: BlockId[]
  known: number
  readonly rejected: { readonly id?: BlockId | undefined; readonly rule: string }[]
  /** What the policy threw; the block it threw for is neither accepted nor refused. */
  failure: PolicyError | undefined
}

/** What came of the stateless check. */
export interface Checked {
  readonly candidates: readonly Candidate[]
  readonly known: number
  readonly rejected: Tally['rejected']
}

/**
 * Take blocks from a peer: the stateless check first, outside the writer's turn; then, parents first, the stateful one.
 *
 * @param checking `check` of the same blocks, when it was begun before
 * @throws {PolicyError} when the policy failed; what could be accepted is
 */
export async function ingest(
  chain: Chain,
  blocks: readonly RawBlock[],
  from: PeerId,
  options: AbortOptions = {},
  checking: Promise<Checked> = check(chain, blocks, from, options)
): Promise<IngestResult> {
  const checked = await checking
  const tally: Tally = { accepted: [], known: checked.known, rejected: [...checked.rejected], failure: undefined }
  const candidates = checked.candidates.toSorted((a, b) => compareOrder(a.block, b.block))
  for (const group of groupsOf(candidates)) {
    await chain.writer.run((transaction) => takeAll(chain, group, from, transaction, tally), options)
  }
  if (tally.failure !== undefined) throw tally.failure
  const { accepted, known, rejected } = tally
  return { accepted, known, rejected, missing: chain.pending.missing(from) }
}

/** The stateless check. Changes nothing, so that it can be made ahead, while blocks before these are being written. */
export async function check(
  chain: Chain,
  blocks: readonly RawBlock[],
  from: PeerId,
  options: AbortOptions = {}
): Promise<Checked> {
  const found = { known: 0, rejected: [] as Tally['rejected'] }
  const verifying: Promise<Verified>[] = []
  const { timers } = chain.components
  let began = timers.now()
  for (const slice of slicesOf(await unseen(chain, blocks, from, found), CHECK_SLICE.blocks)) {
    if (timers.now() - began > CHECK_SLICE.milliseconds) {
      await nextTurn()
      began = timers.now()
    }
    options.signal?.throwIfAborted()
    for (const { raw, id } of slice) {
      verifying.push(
        blocks.length < VERIFY_ASIDE ? Promise.resolve(verifyRawBlock(raw, id)) : verifyRawBlockAside(raw, id)
      )
    }
  }
  const candidates: Candidate[] = []
  for (const verified of await Promise.all(verifying)) {
    const rule = verified.ok ? brokenChainRule(chain, verified.block, verified.content) : verified.rule
    if (verified.ok && rule === undefined) candidates.push({ block: verified.block, content: verified.content })
    else found.rejected.push({ id: verified.ok ? verified.block.id : verified.id, rule: rule ?? 'encoding' })
  }
  return { candidates, ...found }
}

/** Blocks that were seen before cost a hash and not a signature. */
async function unseen(
  chain: Chain,
  blocks: readonly RawBlock[],
  from: PeerId,
  found: Pick<Tally, 'known' | 'rejected'>
): Promise<{ raw: RawBlock; id: BlockId | undefined }[]> {
  const fresh: { raw: RawBlock; id: BlockId | undefined }[] = []
  const lookedFor: { raw: RawBlock; id: BlockId }[] = []
  for (const raw of blocks) {
    // too large even to be hashed: refused by the next check
    const id = raw.block.length > MAX_BLOCK_BYTES ? undefined : blockIdOf(raw.block)
    if (id === undefined) fresh.push({ raw, id })
    else if (chain.rejected.has(idKey(id))) found.rejected.push({ id, rule: 'refused-before' })
    else if (chain.components.store.damages.has(id)) fresh.push({ raw, id })
    else if (!chain.pending.meetAgain(id, from)) lookedFor.push({ raw, id })
  }
  const isKnown = await chain.components.store.hasMany(lookedFor.map(({ id }) => id))
  for (const [index, candidate] of lookedFor.entries()) {
    if (isKnown[index] === true) found.known++
    else fresh.push(candidate)
  }
  return fresh
}

/** Blocks of other chains must not wait here for parents that never come. */
function brokenChainRule(chain: Chain, block: SignedBlock, content: Uint8Array): string | undefined {
  const { id, policy } = chain.components
  if (!(block.chain ?? block.id).equals(id)) return 'wrong-chain'
  if (block.chain !== null) return undefined
  return decodeSettings(content)?.policy.name === policy.name ? undefined : 'policy-mismatch'
}

async function takeAll(
  chain: Chain,
  candidates: readonly Candidate[],
  from: PeerId,
  transaction: Transaction,
  tally: Tally
): Promise<void> {
  // another peer may have brought them while these were being verified
  const isHere = await transaction.hasMany(candidates.map(({ block }) => block.id))
  for (const [index, candidate] of candidates.entries()) {
    if (chain.components.store.damages.has(candidate.block.id)) {
      await mend(candidate, chain.components, transaction)
      tally.known++
      continue
    }
    if (isHere[index] === true || transaction.changed.has(idKey(candidate.block.id))) {
      tally.known++
      continue
    }
    // those that it releases keep their own senders: who sent only the parent does not have them
    const open = [{ ...candidate, from }]
    for (let next = open.shift(); next !== undefined; next = open.shift()) {
      open.push(...(await take(chain, next, transaction, tally)))
    }
  }
}

/** Take one block; gives those that waited only for it. */
async function take(
  chain: Chain,
  candidate: PendingBlock,
  transaction: Transaction,
  tally: Tally
): Promise<PendingBlock[]> {
  const { components, pending, rejected } = chain
  const { block, from } = candidate
  const links = linksOf(block)
  if (links.some((id) => rejected.has(idKey(id)))) return refuse(chain, block, 'ancestor-refused', tally)
  const isHere = await transaction.hasMany(links)
  const missing = links.filter((_, index) => isHere[index] !== true)
  if (missing.length > 0) {
    const waits = pending.add(candidate, missing)
    if (!waits) tally.rejected.push({ id: block.id, rule: 'too-many-waiting' })
    return []
  }
  try {
    const rule = await accept(candidate, components.id, components.policy, transaction)
    if (rule !== undefined) return refuse(chain, block, rule, tally)
  } catch (error) {
    // what it stands on is being fetched: then it comes again
    if (error instanceof DamagedRecordError) return []
    if (!(error instanceof PolicyError)) throw error
    tally.failure ??= error
    return []
  }
  transaction.sources.set(idKey(block.id), from)
  tally.accepted.push(block.id)
  noteOwnKey(chain, block, transaction)
  return pending.release(block.id)
}

function refuse(chain: Chain, block: SignedBlock, rule: string, tally: Tally): [] {
  tally.rejected.push({ id: block.id, rule })
  chain.rejected.set(idKey(block.id), true)
  for (const dropped of chain.pending.drop(block.id)) {
    tally.rejected.push({ id: dropped.id, rule: 'ancestor-refused' })
    chain.rejected.set(idKey(dropped.id), true)
  }
  return []
}

/**
 * A block of this node's own key that this node did not write: a copy of the key is in use, or a backup was restored. To write
 * on could fork, so writing stops until another key is used; the record of it outlives a restart.
 */
function noteOwnKey(chain: Chain, block: SignedBlock, transaction: Transaction): void {
  const { signer, store } = chain.components
  if (!block.creator.equals(signer.publicKey)) return
  transaction.foreignOwn ??= block.id
  const key = stoppedKey(block.creator)
  transaction.writes.push({ type: 'put', sublevel: store.rows, key, value: block.id.bytes })
}

function* groupsOf(candidates: readonly Candidate[]): Generator<Candidate[]> {
  let group: Candidate[] = []
  let bytes = 0
  for (const candidate of candidates) {
    group.push(candidate)
    bytes += candidate.content.length
    if (group.length < MAX_GROUP.blocks && bytes < MAX_GROUP.bytes) continue
    yield group
    group = []
    bytes = 0
  }
  if (group.length > 0) yield group
}

function* slicesOf<T>(items: readonly T[], size: number): Generator<T[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size)
}

/** Let timers and sockets have their turn. */
async function nextTurn(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 0))
}
