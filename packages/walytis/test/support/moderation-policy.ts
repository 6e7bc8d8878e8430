import type { PublicKey } from '@libp2p/interface'
import { parseBlockId } from '../../src/block/id.ts'
import { multikeyOf } from '../../src/crypto/multikey.ts'
import type {
  BlockId,
  BlockPolicy,
  JudgedBlock,
  Judgement,
  PolicyContext,
  SignedBlock
} from '../../src/interface/index.ts'

/** Blocks of this topic take a block out of effect, or put it back. Only the moderator may write them. */
const MODERATION_TOPIC = 'moderation'

interface Act {
  readonly kind: 'revoke' | 'reinstate'
  readonly target: BlockId
}

const NOTHING = new Uint8Array()

export function encodeAct(kind: 'revoke' | 'reinstate', target: BlockId): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ kind, target: target.toString() }))
}

/**
 * One moderator, named by the genesis. What it says of a block counts from the moment that it has seen the block; of several
 * things that it says, the canonically last. So which blocks are in effect follows from the set of blocks alone.
 */
export function moderatedBy(moderator: PublicKey): BlockPolicy {
  return {
    name: 'example/moderation/1',
    parameters: multikeyOf(moderator),
    judge: async (block, content, context) => {
      if (!block.topics.includes(MODERATION_TOPIC)) return accepted([], [])
      if (!block.creator.equals(moderator)) return { accepted: false, rule: 'not-the-moderator' }
      const act = decodeAct(content)
      if (act === undefined) return { accepted: false, rule: 'malformed-act' }
      const target = await seenTarget(act.target, context)
      if (target === undefined) return { accepted: false, rule: 'unseen-target' }
      const isOut = (await lastWord(block, act, context)) === 'revoke'
      if (isOut === target.revoked) return accepted([], [])
      return isOut ? accepted([target.block.id], []) : accepted([], [target.block.id])
    }
  }
}

function accepted(revoke: BlockId[], reinstate: BlockId[]): Judgement {
  // a moderator's word must reach everybody, whatever it does to others
  return { accepted: true, annotation: NOTHING, effects: { revoke, reinstate }, retain: false }
}

/** A block that the act's author had seen: an ancestor, so that this is the same at every node. The genesis stays. */
async function seenTarget(id: BlockId, context: PolicyContext): Promise<JudgedBlock | undefined> {
  const target = await context.get(id)
  if (target === undefined || target.block.chain === null) return undefined
  for (const { block } of context.linked) {
    if (block.id.equals(id) || (await context.isAncestor(id, block.id))) return target
  }
  return undefined
}

async function lastWord(judged: SignedBlock, act: Act, context: PolicyContext): Promise<Act['kind']> {
  let last = { block: judged, kind: act.kind }
  for await (const { block, content } of context.known({ creator: judged.creator, topic: MODERATION_TOPIC })) {
    const other = decodeAct(await content())
    if (other?.target.equals(act.target) === true && isLater(block, last.block)) last = { block, kind: other.kind }
  }
  return last.kind
}

function isLater(a: SignedBlock, b: SignedBlock): boolean {
  return a.height > b.height || (a.height === b.height && Buffer.compare(a.id.bytes, b.id.bytes) > 0)
}

function decodeAct(content: Uint8Array | undefined): Act | undefined {
  try {
    const { kind, target } = JSON.parse(new TextDecoder().decode(content))
    return kind === 'revoke' || kind === 'reinstate' ? { kind, target: parseBlockId(target) } : undefined
  } catch {
    // whatever a peer wrote that is no act
    return undefined
  }
}
