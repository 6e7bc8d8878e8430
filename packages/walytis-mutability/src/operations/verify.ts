import {
  MAX_OPERATION_BYTES,
  RESERVED_PREFIX,
  TOPIC_DELETE,
  TOPIC_ORIGINAL,
  TOPIC_RESTORE,
  TOPIC_UPDATE
} from '../constants.ts'
import { ReservedTopicError } from '../errors.ts'
import { type ChangeKind, decodeOperation, type FormatRule, type Operation } from './format.ts'

/** What a block is to this layer, by its topics: `foreign` is neither an original nor a change, and is not shown. */
export type BlockKind = 'original' | ChangeKind | 'foreign'

/** Topics of changes. */
export const CHANGE_TOPICS: readonly string[] = [TOPIC_UPDATE, TOPIC_DELETE, TOPIC_RESTORE]

const KINDS: ReadonlyMap<string, ChangeKind> = new Map([
  [TOPIC_UPDATE, 'update'],
  [TOPIC_DELETE, 'delete'],
  [TOPIC_RESTORE, 'restore']
])

/**
 * An original is a block that carries the topic of originals, whatever else it carries. A change carries exactly one
 * of the topics of changes and is no original. So no block is ever two things (docs/protocol.md §1).
 */
export function kindOf(topics: readonly string[]): BlockKind {
  if (topics.includes(TOPIC_ORIGINAL)) return 'original'
  const kinds = topics.flatMap((topic) => KINDS.get(topic) ?? [])
  const [kind] = kinds
  return kind !== undefined && kinds.length === 1 ? kind : 'foreign'
}

/** The topic that marks a block of this kind. */
export function topicOf(kind: ChangeKind): string {
  return `${RESERVED_PREFIX}${kind}`
}

/** A block's topics without those of this layer. */
export function applicationTopics(topics: readonly string[]): string[] {
  return topics.filter((topic) => !topic.startsWith(RESERVED_PREFIX))
}

/** @throws {ReservedTopicError} */
export function assertApplicationTopics(topics: readonly string[]): void {
  for (const topic of topics) if (topic.startsWith(RESERVED_PREFIX)) throw new ReservedTopicError(topic)
}

/** Whether content can't be a change: `size` may count padding on chains that seal content, so only what is far too large. */
export function isTooLarge(size: number): boolean {
  return size > 2 * MAX_OPERATION_BYTES
}

/** The narrow part of a block that reading an operation needs. */
export interface ReadableBlock {
  readonly topics: readonly string[]
  readonly size: number
  content(options?: { signal?: AbortSignal | undefined }): Promise<Uint8Array>
}

/** The operation that a block carries, or the rule that it breaks. Rejects only when the content can't be read. */
export async function readOperation(
  block: ReadableBlock,
  options?: { signal?: AbortSignal | undefined }
): Promise<{ readonly operation: Operation } | { readonly rule: FormatRule | 'no-change' }> {
  const kind = kindOf(block.topics)
  if (kind === 'original' || kind === 'foreign') return { rule: 'no-change' }
  if (isTooLarge(block.size)) return { rule: 'too-large' }
  return decodeOperation(kind, await block.content(options))
}
