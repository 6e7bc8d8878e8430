import { encode } from '@ipld/dag-cbor'
import { CID } from 'multiformats/cid'
import { isBlockId } from '../block/id.ts'
import { decodeCanonical, hasFields, isCount } from '../canonical.ts'
import type { BlockId } from '../interface/index.ts'
import { MAX_REQUEST_BYTES } from './limits.ts'

/**
 * The only encoder and decoder of messages about larger contents: canonical DAG-CBOR maps with a version (docs/protocol.md, "Larger
 * content"). Nodes follow an answer as they are, one in each frame.
 */

const CONTENT_MESSAGE_VERSION = 1

export type ContentMessage =
  /** Send me the content of this block from the node at position `from` on, up to `until` (exclusive). */
  | {
      readonly type: 'fetch'
      readonly chain: BlockId
      readonly block: BlockId
      readonly from: number
      readonly until: number
    }
  /** You may go on up to `until` (exclusive). */
  | { readonly type: 'grant'; readonly until: number }
  /** I have the nodes up to `until` (exclusive), and send them; 0: I have nothing for you, whatever the reason. */
  | { readonly type: 'answer'; readonly until: number }

export function encodeContentMessage(message: ContentMessage): Uint8Array {
  return encode({ v: CONTENT_MESSAGE_VERSION, ...message })
}

/** @returns undefined when the bytes are no message of this version; never throws */
export function decodeContentMessage(bytes: Uint8Array): ContentMessage | undefined {
  const value = decodeCanonical(bytes, MAX_REQUEST_BYTES)
  if (hasFields(value, ['v', 'type', 'chain', 'block', 'from', 'until'])) {
    const { v, type, from, until } = value
    const [chain, block] = [idOf(value.chain), idOf(value.block)]
    if (v !== CONTENT_MESSAGE_VERSION || type !== 'fetch' || chain === undefined || block === undefined)
      return undefined
    return isCount(from) && isCount(until) && until > from ? { type, chain, block, from, until } : undefined
  }
  if (!hasFields(value, ['v', 'type', 'until'])) return undefined
  const { v, type, until } = value
  if (v !== CONTENT_MESSAGE_VERSION || !isCount(until) || (type !== 'grant' && type !== 'answer')) return undefined
  return { type, until }
}

function idOf(value: unknown): BlockId | undefined {
  const cid = CID.asCID(value)
  return cid !== null && isBlockId(cid) ? cid : undefined
}
