import type { AbortOptions, PublicKey } from '@libp2p/interface'
import { brokenPositionRule } from '../block/verify.ts'
import { MAX_ANNOTATION_BYTES, MAX_JUDGED_CONTENT_BYTES } from '../constants.ts'
import { LimitExceededError, PolicyError } from '../errors.ts'
import { type AncestryNode, isAncestor } from '../graph/ancestry.ts'
import { compareOrder, linksOf, mergeOrdered } from '../graph/order.ts'
import type {
  Acceptance,
  BlockId,
  BlockPolicy,
  JudgedBlock,
  Judgement,
  PolicyContext,
  SignedBlock
} from '../interface/index.ts'
import { places } from '../query/query.ts'
import type { OrderedId } from '../replica.ts'
import type { StoredBlock } from '../storage/stored-block.ts'
import { creatorName } from './state.ts'
import type { Transaction } from './transaction.ts'

/**
 * The stateful check of a block whose links are all known: its position, then the policy.
 *
 * @throws {PolicyError} when the policy throws or breaks its contract
 */
export async function judge(
  block: SignedBlock,
  content: Uint8Array,
  chain: BlockId,
  policy: BlockPolicy,
  transaction: Transaction
): Promise<Judgement> {
  const linked = await Promise.all(linksOf(block).map((id) => transaction.need(id)))
  if (block.chain !== null) {
    const prev = linked.find((stored) => block.prev !== null && stored.block.id.equals(block.prev))
    const parents = linked.slice(0, block.parents.length).map((stored) => stored.block)
    const rule = brokenPositionRule(block, chain, parents, prev?.block)
    if (rule !== undefined) return { accepted: false, rule }
  }
  const shown = block.size <= MAX_JUDGED_CONTENT_BYTES ? content : undefined
  let judgement: Judgement
  try {
    judgement = await policy.judge(block, shown, policyContext(linked, transaction))
  } catch (cause) {
    throw new PolicyError(policy.name, 'it threw', { cause })
  }
  if (judgement.accepted) await checkContract(judgement, block, policy, transaction)
  return judgement
}

async function checkContract(
  judgement: Acceptance,
  block: SignedBlock,
  policy: BlockPolicy,
  transaction: Transaction
): Promise<void> {
  const { annotation, effects } = judgement
  if (annotation.length > MAX_ANNOTATION_BYTES) throw new PolicyError(policy.name, 'its annotation is over 16 KiB')
  for (const id of [...effects.revoke, ...effects.reinstate]) {
    if (id.equals(block.id)) {
      if (block.chain !== null) continue
      throw new PolicyError(policy.name, 'it revoked the genesis')
    }
    const named = await transaction.get(id)
    if (named === undefined) throw new PolicyError(policy.name, `it named an unknown block, ${id}`)
    if (named.block.chain === null) throw new PolicyError(policy.name, 'it revoked the genesis')
  }
  if (effects.revoke.some((id) => effects.reinstate.some((other) => other.equals(id)))) {
    throw new PolicyError(policy.name, 'it revoked and reinstated the same block')
  }
}

function policyContext(linked: readonly StoredBlock[], transaction: Transaction): PolicyContext {
  return {
    linked: linked.map((stored) => judgedBlock(stored, transaction)),
    get: async (id) => {
      const stored = await transaction.get(id)
      return stored === undefined ? undefined : judgedBlock(stored, transaction)
    },
    isAncestor: async (ancestor, descendant, options) => {
      return await isKnownAncestor(ancestor, descendant, transaction, options)
    },
    known: (filter) => known(transaction, filter)
  }
}

/** Whether one known block is a proper ancestor of another. */
async function isKnownAncestor(
  ancestor: BlockId,
  descendant: BlockId,
  transaction: Transaction,
  options?: AbortOptions
): Promise<boolean> {
  const node = async (id: BlockId): Promise<AncestryNode> => {
    options?.signal?.throwIfAborted()
    return ancestryNode(await transaction.need(id))
  }
  return await isAncestor(await node(ancestor), await node(descendant), {
    node,
    hasForked: (creator) => transaction.hasForked(creator)
  })
}

/** A stored block as ancestry sees it. */
export function ancestryNode({ block }: StoredBlock): AncestryNode {
  return {
    id: block.id,
    height: block.height,
    seq: block.seq,
    creator: creatorName(block.creator),
    links: linksOf(block)
  }
}

async function* known(
  transaction: Transaction,
  filter: { creator?: PublicKey | undefined; topic?: string | undefined } = {}
): AsyncGenerator<JudgedBlock> {
  const { creator, topic } = filter
  const fits = ({ block }: StoredBlock): boolean =>
    (creator === undefined || block.creator.equals(creator)) && (topic === undefined || block.topics.includes(topic))
  const stored = places(transaction.store, filter)
  const added = transaction.added.map(({ block }) => block).sort(compareOrder)
  for await (const { id } of mergeOrdered<OrderedId>([stored, each(added)])) {
    const one = await transaction.need(id)
    if (fits(one)) yield judgedBlock(one, transaction)
  }
}

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items
}

function judgedBlock(stored: StoredBlock, transaction: Transaction): JudgedBlock {
  return {
    block: stored.block,
    annotation: stored.annotation,
    revoked: stored.revoked,
    content: async () => {
      const { size } = stored.block
      if (size > MAX_JUDGED_CONTENT_BYTES) {
        throw new LimitExceededError('bytes of content that a policy may look at', MAX_JUDGED_CONTENT_BYTES, size)
      }
      const content = await transaction.content(stored)
      if (content === undefined) throw transaction.store.damagedRecord(stored.block.id, 'content')
      return content
    }
  }
}
