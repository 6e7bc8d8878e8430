import { MAX_CONTENT_BYTES } from '../constants.ts'
import { verifyEd25519, verifyEd25519Aside } from '../crypto/ed25519.ts'
import type { BlockId, RawBlock, SignedBlock } from '../interface/index.ts'
import { decodeBlock, signedPartOf } from './format.ts'
import { decodeSettings } from './genesis.ts'
import { contentIdOf } from './id.ts'

/** Whether blocks are what they claim to be. Pure; bytes of any kind give an answer, never an exception. */

/** A block that passed, or the name of the rule that it breaks. */
export type Verified =
  | { readonly ok: true; readonly block: SignedBlock; readonly content: Uint8Array }
  | { readonly ok: false; readonly rule: string; readonly id?: BlockId | undefined }

/** What the stateful check needs to know of a block's parents and of its `prev`. */
export type LinkedBlock = Pick<SignedBlock, 'id' | 'creator' | 'seq' | 'height'>

/**
 * The stateless check: form, limits, signature, and that the content is the block's.
 *
 * @param knownId the id of these very bytes, when the caller has computed it already
 */
export function verifyRawBlock(raw: RawBlock, knownId?: BlockId): Verified {
  const decoded = decodeBlock(raw.block, knownId)
  if (!decoded.ok) return decoded
  const { block } = decoded
  return verifiedWith(verifyEd25519(block.creator.raw, signedPartOf(block.bytes), block.signature), block, raw)
}

/** `verifyRawBlock` with its signature checked beside this thread's other work, where the platform can: for many at a time. */
export async function verifyRawBlockAside(raw: RawBlock, knownId?: BlockId): Promise<Verified> {
  const decoded = decodeBlock(raw.block, knownId)
  if (!decoded.ok) return decoded
  const { block } = decoded
  return verifiedWith(
    await verifyEd25519Aside(block.creator.raw, signedPartOf(block.bytes), block.signature),
    block,
    raw
  )
}

function verifiedWith(isSigned: boolean, block: SignedBlock, { content }: RawBlock): Verified {
  const rule = isSigned ? brokenContentRule(block, content) : 'signature'
  return rule === undefined ? { ok: true, block, content } : { ok: false, rule, id: block.id }
}

/**
 * The stateful check, as far as it needs only the blocks linked to: same chain, seq, height, and a `prev` of the same creator.
 *
 * @param parents in the order of `block.parents`
 * @returns the name of the rule that is broken
 */
export function brokenPositionRule(
  block: SignedBlock,
  chain: BlockId,
  parents: readonly LinkedBlock[],
  prev: LinkedBlock | undefined
): string | undefined {
  if (block.chain === null || !block.chain.equals(chain)) return 'wrong-chain'
  if (prev !== undefined && !prev.creator.equals(block.creator)) return 'prev-creator'
  if (block.seq !== (prev?.seq ?? 0) + 1) return 'seq-mismatch'
  const linked = prev === undefined ? parents : [...parents, prev]
  if (block.height !== 1 + Math.max(...linked.map((one) => one.height))) return 'height-mismatch'
  return undefined
}

function brokenContentRule(block: SignedBlock, content: Uint8Array): string | undefined {
  if (block.size > MAX_CONTENT_BYTES) {
    // larger content does not travel with its block
    return content.length === 0 ? undefined : 'content-mismatch'
  }
  if (content.length !== block.size || !contentIdOf(content).equals(block.content)) return 'content-mismatch'
  if (block.chain === null && decodeSettings(content) === undefined) return 'settings'
  return undefined
}
