import { AccessDeniedError } from '../errors.ts'
import type { ExchangedFiles } from '../replica.ts'
import type { Frames } from '../sync/framing.ts'
import { within } from './deadline.ts'
import { CLOSE_DEADLINE, GRANT_DEADLINE, REQUEST_DEADLINE, WINDOW_NODES } from './limits.ts'
import { type ContentMessage, decodeContentMessage, encodeContentMessage } from './messages.ts'
import { shapeOf } from './shape.ts'

/** A chain as far as one peer may see it. */
export interface ServedChain {
  readonly files: ExchangedFiles
  /** Asked before every node: whether the peer may still hold the chain. */
  permits(): boolean
}

type Request = Extract<ContentMessage, { type: 'fetch' }>

/**
 * Answer one request for a larger content. What is not here, what the peer may not have, and chains that it may not know of are answered
 * alike. At most one node at a time is in memory, and never more than the peer has granted is under way.
 *
 * @param chain the chain of an id; undefined for those that the peer has not shown that it may hold
 */
export async function serve(frames: Frames, chain: (id: string) => ServedChain | undefined): Promise<void> {
  const request = await readMessage(frames, 'fetch', REQUEST_DEADLINE)
  const served = chain(request.chain.toString())
  const found = served === undefined ? undefined : await find(served, request)
  const until = found === undefined || found.until <= request.from ? 0 : found.until
  await write(frames, encodeContentMessage({ type: 'answer', until }))
  if (served !== undefined && found !== undefined && until > 0) {
    let granted = request.until
    for (let position = request.from; position < until; position++) {
      while (granted <= position) granted = await readGrant(frames, granted, position)
      const node = await served.files.read(found.reference, position)
      if (!served.permits()) throw new AccessDeniedError()
      await write(frames, node)
    }
  }
  await within(CLOSE_DEADLINE, undefined, (signal) => frames.close({ signal }))
}

async function find(
  { files, permits }: ServedChain,
  { block }: Request
): Promise<{ reference: Parameters<ExchangedFiles['read']>[0]; until: number } | undefined> {
  if (!permits()) return undefined
  const content = await files.of(block)
  if (content === undefined || !content.replicated) return undefined
  const progress = await files.progress(content.reference)
  if (progress === undefined || progress.state === 'refused') return undefined
  const until = progress.state === 'whole' ? shapeOf(content.reference.size).total : progress.stored
  return { reference: content.reference, until }
}

async function readGrant(frames: Frames, granted: number, position: number): Promise<number> {
  const { until } = await readMessage(frames, 'grant', GRANT_DEADLINE)
  // an honest peer grants no more than its window, and never less than before
  if (until <= granted || until > position + WINDOW_NODES) throw new AccessDeniedError()
  return until
}

/** @throws {AccessDeniedError} for what is no such message */
async function readMessage<T extends ContentMessage['type']>(
  frames: Frames,
  type: T,
  milliseconds: number
): Promise<Extract<ContentMessage, { type: T }>> {
  const message = decodeContentMessage(await within(milliseconds, undefined, (signal) => frames.read({ signal })))
  if (message?.type !== type) throw new AccessDeniedError()
  return message as Extract<ContentMessage, { type: T }>
}

/** Waits while the peer takes nothing, but not for ever. */
async function write(frames: Frames, bytes: Uint8Array): Promise<void> {
  await within(GRANT_DEADLINE, undefined, (signal) => frames.write([bytes], { signal }))
}
