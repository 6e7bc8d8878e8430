import { CustomProgressEvent } from 'progress-events'
import type { AddOptions } from 'walytis/interface'
import type { Exchange } from './exchange/transfer.ts'
import { type LargeSealed, writeLarge } from './large-writing.ts'
import { checkTopics, collect, type WritingComponents, type Written, writeSealed } from './writing.ts'

export interface AddingComponents extends WritingComponents {
  readonly exchange: Pick<Exchange, 'push' | 'offer'>
  report(error: unknown): void
}

/** What was added. `bytes`: the content, when it is held in memory. */
export interface Added extends Written<LargeSealed> {
  readonly bytes: Uint8Array | undefined
}

/**
 * Write a content in the way that its size calls for, and let the others have it.
 *
 * @throws {LimitExceededError} @throws {InvalidArgumentError} for topics
 * @throws {KeyUnavailableError} when no epoch could be had
 */
export async function addContent(
  components: AddingComponents,
  content: Uint8Array | AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>,
  options: AddOptions
): Promise<Added> {
  const { exchange, report } = components
  const topics = [...(options.topics ?? [])]
  checkTopics(topics)
  const collected = await collect(content, options)
  const onBytes = (bytes: number): void => options.onProgress?.(new CustomProgressEvent('walytis:add:bytes', bytes))
  if (collected instanceof Uint8Array) {
    onBytes(collected.length)
    const written = await writeSealed(components, collected, topics, options)
    const { block, sealed } = written
    exchange.push(block.id, sealed.reference.epoch, sealed.envelope).catch(report)
    return { ...written, bytes: collected }
  }
  const written = await writeLarge(components, collected, topics, { ...options, onBytes })
  exchange.offer(written.block.id, written.sealed.reference.epoch)
  return { ...written, bytes: undefined }
}
