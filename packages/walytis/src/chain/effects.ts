import { idKey } from '../block/id.ts'
import { isFollowed, nearestBelow } from '../graph/heads.ts'
import { compareOrder, linksOf } from '../graph/order.ts'
import type { BlockId } from '../interface/index.ts'
import type { StoredBlock } from '../storage/stored-block.ts'
import { HEAD } from './state.ts'
import type { Transaction } from './transaction.ts'

/**
 * How the sets of blocks in effect and of replicated blocks change, and their heads with them (docs/protocol.md, "In effect",
 * "What is replicated"). Replicated = in effect or retained, and all ancestors of such.
 */

const inEffect = (stored: StoredBlock): boolean => !stored.revoked
const isRoot = (stored: StoredBlock): boolean => !stored.revoked || stored.retained

/** A block has just been put in, in effect or not. */
export async function enter(stored: StoredBlock, transaction: Transaction): Promise<void> {
  if (!stored.revoked) {
    // the genesis is always in effect and not counted
    if (stored.block.chain !== null) count(transaction, 1)
    await becomeHead(stored, transaction)
  }
  if (isRoot(stored)) await replicate(stored, transaction)
}

/** Apply what a policy decided: all named blocks are known, none is the genesis. Those already as wanted are left alone. */
export async function applyEffects(
  effects: { readonly revoke: readonly BlockId[]; readonly reinstate: readonly BlockId[] },
  transaction: Transaction
): Promise<void> {
  const revoked = await select(effects.revoke, (stored) => !stored.revoked, transaction)
  const reinstated = await select(effects.reinstate, (stored) => stored.revoked, transaction)
  for (const { block } of revoked) transaction.appendLog('revoke', block.id)
  for (const { block } of reinstated) transaction.appendLog('reinstate', block.id)
  // In this order a run of blocks costs one walk over it, and not one walk for each: from below, only the last block revoked
  // was a head; from above, the first block reinstated is already followed by nothing, and all others are followed by it.
  for (const stored of revoked) await revoke(stored, transaction)
  for (const stored of reinstated.reverse()) await reinstate(stored, transaction)
}

async function select(
  ids: readonly BlockId[],
  wanted: (stored: StoredBlock) => boolean,
  transaction: Transaction
): Promise<StoredBlock[]> {
  const found = new Map<string, StoredBlock>()
  for (const id of ids) {
    const stored = await transaction.need(id)
    if (wanted(stored)) found.set(idKey(id), stored)
  }
  return [...found.values()].sort((a, b) => compareOrder(a.block, b.block))
}

async function revoke(before: StoredBlock, transaction: Transaction): Promise<void> {
  const { block } = before
  const stored = transaction.update(await transaction.need(block.id), { revoked: true })
  count(transaction, -1)
  if (isHead(block.id, HEAD.inEffect, transaction)) {
    transaction.setHead(block, HEAD.inEffect, false)
    const walk = transaction.walk(inEffect)
    for (const id of await nearestBelow(block.id, walk)) {
      if (!(await isFollowed(id, walk))) transaction.setHead((await transaction.need(id)).block, HEAD.inEffect, true)
    }
  }
  await stopReplicating(stored, transaction)
}

async function reinstate(before: StoredBlock, transaction: Transaction): Promise<void> {
  const stored = transaction.update(await transaction.need(before.block.id), { revoked: false })
  count(transaction, 1)
  if (!(await isFollowed(stored.block.id, transaction.walk(inEffect)))) await becomeHead(stored, transaction)
  await replicate(stored, transaction)
}

async function becomeHead({ block }: StoredBlock, transaction: Transaction): Promise<void> {
  for (const id of await nearestBelow(block.id, transaction.walk(inEffect))) {
    if (isHead(id, HEAD.inEffect, transaction)) {
      transaction.setHead((await transaction.need(id)).block, HEAD.inEffect, false)
    }
  }
  transaction.setHead(block, HEAD.inEffect, true)
}

/** Mark a block and its ancestors as replicated, as far as they are not. */
async function replicate(start: StoredBlock, transaction: Transaction): Promise<void> {
  if (start.replicated) return
  transaction.setHead(start.block, HEAD.replicated, true)
  const open: BlockId[] = [start.block.id]
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const stored = await transaction.need(id)
    if (stored.replicated) continue
    const content = await transaction.content(stored)
    transaction.update(stored, { replicated: true })
    countReplicated(transaction, 1)
    transaction.announced.set(idKey(id), {
      id,
      height: stored.block.height,
      raw: { block: stored.block.bytes, content: content ?? new Uint8Array() }
    })
    for (const link of linksOf(stored.block)) {
      const below = await transaction.need(link)
      transaction.setHead(below.block, HEAD.replicated, false)
      if (!below.replicated) open.push(link)
    }
  }
}

/** A block may have lost its reason to be replicated; if so, perhaps its ancestors too. */
async function stopReplicating(start: StoredBlock, transaction: Transaction): Promise<void> {
  const open: BlockId[] = [start.block.id]
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const stored = await transaction.need(id)
    const { block, replicated } = stored
    if (!replicated || (await hasReplicatedChild(id, transaction))) continue
    if (isRoot(stored)) {
      transaction.setHead(block, HEAD.replicated, true)
      continue
    }
    transaction.update(stored, { replicated: false })
    transaction.setHead(block, HEAD.replicated, false)
    transaction.announced.delete(idKey(block.id))
    countReplicated(transaction, -1)
    open.push(...linksOf(block))
  }
}

async function hasReplicatedChild(id: BlockId, transaction: Transaction): Promise<boolean> {
  for (const child of await transaction.children(id)) {
    if ((await transaction.need(child)).replicated) return true
  }
  return false
}

function isHead(id: BlockId, kind: number, transaction: Transaction): boolean {
  return ((transaction.heads.get(idKey(id))?.kinds ?? 0) & kind) !== 0
}

function count(transaction: Transaction, difference: number): void {
  const { counters } = transaction
  transaction.counters = { ...counters, inEffect: counters.inEffect + difference }
}

function countReplicated(transaction: Transaction, difference: number): void {
  const { counters } = transaction
  transaction.counters = { ...counters, replicated: counters.replicated + difference }
}
