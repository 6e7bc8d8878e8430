import type { AbortOptions } from '@libp2p/interface'
import {
  BLOCK_FORMAT_VERSION,
  MAX_BLOCK_BYTES,
  MAX_CONTENT_BYTES,
  MAX_TIME,
  MAX_TOPIC_BYTES,
  MAX_TOPICS
} from '../constants.ts'
import { ED25519_SIGNATURE_BYTES } from '../crypto/ed25519.ts'
import { InvalidArgumentError, InvalidBlockError, LimitExceededError } from '../errors.ts'
import type { BlockPosition, SignedBlock, Signer } from '../interface/index.ts'
import type { FileReference } from '../replica.ts'
import { brokenTopicRule, encodeBlock, signedPart } from './format.ts'
import { contentIdOf } from './id.ts'

/** Makes blocks, and refuses at once what no other node would take. */

export interface BlockParts {
  readonly position: BlockPosition
  /** At most 256 KiB; or what names a larger one. */
  readonly content: Uint8Array | FileReference
  readonly topics: readonly string[]
  /** Milliseconds since 1970. */
  readonly time: number
}

/**
 * Build and sign a block. The signature itself is not verified again.
 *
 * @throws {LimitExceededError} content or topics over the limits
 * @throws {InvalidArgumentError} topics that are not distinct, empty, or no Unicode text
 * @throws {InvalidBlockError} when the whole is too large, or the signer gave something that is no signature
 */
export async function buildBlock(parts: BlockParts, signer: Signer, options?: AbortOptions): Promise<SignedBlock> {
  const { content } = parts
  if (content instanceof Uint8Array) checkContentSize(content.length)
  checkTopics(parts.topics)
  const unsigned = {
    ...parts.position,
    version: BLOCK_FORMAT_VERSION,
    creator: signer.publicKey,
    // a clock that is wildly wrong must not keep anybody from writing: time is only a claim
    time: Math.min(Math.max(0, Math.trunc(parts.time)), MAX_TIME),
    topics: [...parts.topics],
    content: content instanceof Uint8Array ? contentIdOf(content) : content.root,
    size: content instanceof Uint8Array ? content.length : content.size
  }
  const signature = await signer.sign(signedPart(unsigned), options)
  if (signature.length !== ED25519_SIGNATURE_BYTES) throw new InvalidBlockError('signature-form')
  const block = encodeBlock(unsigned, signature)
  if (block.bytes.length > MAX_BLOCK_BYTES) throw new InvalidBlockError('block-too-large')
  return block
}

/** @throws {LimitExceededError} */
function checkContentSize(bytes: number): void {
  if (bytes > MAX_CONTENT_BYTES) throw new LimitExceededError('bytes of content', MAX_CONTENT_BYTES, bytes)
}

/**
 * @throws {LimitExceededError} too many or too long
 * @throws {InvalidArgumentError} not distinct, empty, or no Unicode text
 */
export function checkTopics(topics: readonly string[]): void {
  if (topics.length > MAX_TOPICS) throw new LimitExceededError('topics', MAX_TOPICS, topics.length)
  const longest = Math.max(0, ...topics.map((topic) => new TextEncoder().encode(topic).length))
  if (longest > MAX_TOPIC_BYTES) throw new LimitExceededError('bytes of topic', MAX_TOPIC_BYTES, longest)
  const rule = brokenTopicRule(topics)
  if (rule !== undefined) throw new InvalidArgumentError('topics', `they break the rule "${rule}"`)
}
