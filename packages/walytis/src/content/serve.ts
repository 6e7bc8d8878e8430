import { AccessDeniedError } from '../errors.ts'
import type { ExchangedFiles } from '../replica.ts'
import type { Frames } from '../sync/framing.ts'
import { within } from './deadline.ts'
import { CLOSE_DEADLINE, GRANT_DEADLINE, NODE_DEADLINE, REQUEST_DEADLINE, WINDOW_NODES } from './limits.ts'
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
 * alike. At most one node at a time is in memory, and never more than the peer has granted is under way. A peer that takes nodes more
 * slowly than an asker would put up with is left.
 *
 * @param chain the chain of an id; undefined for those that the peer has not shown that it may hold
 * @param now milliseconds that never go back
 */
export async function serve(
  frames: Frames,
  chain: (id: string) => ServedChain | undefined,
  now: () => number
): Promise<void> {
  const bytes = await within(REQUEST_DEADLINE, undefined, (signal) => frames.read({ signal }))
  const request = asMessage(bytes, 'fetch')
  const served = chain(request.chain.toString())
  const found = served === undefined ? undefined : await find(served, request)
  const until = found === undefined || found.until <= request.from ? 0 : found.until
  const patience = new Patience(now)
  await patience.spend((signal) => frames.write([encodeContentMessage({ type: 'answer', until })], { signal }))
  if (served !== undefined && found !== undefined && until > 0) {
    let granted = request.until
    for (let position = request.from; position < until; position++) {
      while (granted <= position) granted = await readGrant(frames, patience, granted, position)
      const node = await served.files.read(found.reference, position)
      if (!served.permits()) throw new AccessDeniedError()
      await patience.spend((signal) => frames.write([node], { signal }))
      patience.restore()
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

async function readGrant(frames: Frames, patience: Patience, granted: number, position: number): Promise<number> {
  const { until } = asMessage(await patience.spend((signal) => frames.read({ signal })), 'grant')
  // an honest peer grants no more than its window, and never less than before
  if (until <= granted || until > position + WINDOW_NODES) throw new AccessDeniedError()
  return until
}

/** @throws {AccessDeniedError} for what is no such message */
function asMessage<T extends ContentMessage['type']>(bytes: Uint8Array, type: T): Extract<ContentMessage, { type: T }> {
  const message = decodeContentMessage(bytes)
  if (message?.type !== type) throw new AccessDeniedError()
  return message as Extract<ContentMessage, { type: T }>
}

/** How long the peer may still let this node wait, for a grant or until it takes something. Only its own slowness counts. */
class Patience {
  readonly #now: () => number
  #left = GRANT_DEADLINE

  constructor(now: () => number) {
    this.#now = now
  }

  async spend<T>(wait: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const began = this.#now()
    const result = await within(this.#left, undefined, wait)
    this.#left -= this.#now() - began
    if (this.#left <= 0) throw new AccessDeniedError()
    return result
  }

  /** The peer has taken a node. */
  restore(): void {
    this.#left = Math.min(GRANT_DEADLINE, this.#left + NODE_DEADLINE)
  }
}
