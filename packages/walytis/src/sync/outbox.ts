import type { RawBlock } from '../interface/index.ts'
import type { AcceptedBlock, OrderedId } from '../replica.ts'
import { BATCH_BLOCKS, BATCH_BYTES, CHAIN_CREDIT_BYTES, MAX_QUEUED } from './limits.ts'
import type { LinkEffect, LinkState, Outbox, OutboxItem } from './link-state.ts'
import type { ChainMessage } from './messages.ts'

/** The sending half of a link: order, batches and credits. Pure, like `step`, whose draft it changes. */

/** A link's state while one step is being made, with what comes of it. */
export interface Draft {
  readonly state: LinkState
  readonly messages: ChainMessage[]
  readonly effects: LinkEffect[]
}

export const sizeOf = (raw: RawBlock): number => raw.block.byteLength + raw.content.byteLength

/** Queue something behind all that is queued. */
export function enqueue(draft: Draft, item: OutboxItem): void {
  if (item.kind === 'ids' && item.ids.length === 0) return
  change(draft, { queue: [...draft.state.out.queue, item] })
}

/** Send what may be sent: until the queue is empty, the credit used up, or something has to be read. */
export function pump(draft: Draft): void {
  for (;;) {
    const { out } = draft.state
    const first = out.queue[0]
    if (first === undefined || out.reading || out.inflightBytes >= CHAIN_CREDIT_BYTES) return
    if (first.kind === 'served') {
      draft.messages.push({ type: 'served', chain: draft.state.chain })
      change(draft, { queue: out.queue.slice(1) })
      continue
    }
    change(draft, { reading: true })
    draft.effects.push({ type: 'read', item: first })
    return
  }
}

/** Blocks were read for the first item of the queue. */
export function sendRead(draft: Draft, blocks: readonly RawBlock[], rest: OutboxItem | undefined): void {
  const { out } = draft.state
  const tail = out.queue.slice(1)
  const queue = rest === undefined ? tail : [rest, ...tail]
  change(draft, { reading: false, queue, queued: out.queued - liveIds(out.queue[0]) + liveIds(rest) })
  if (blocks.length > 0) sendBlocks(draft, blocks)
  pump(draft)
}

/** Push new blocks. Returns false when too many wait already. */
export function pushLive(draft: Draft, blocks: readonly AcceptedBlock[]): boolean {
  let { out } = draft.state
  const isFree = out.queue.length === 0 && !out.reading
  let batch: RawBlock[] = []
  let bytes = 0
  let i = 0
  if (isFree) {
    for (; i < blocks.length; i++) {
      const raw = (blocks[i] as AcceptedBlock).raw
      if (out.inflightBytes + bytes >= CHAIN_CREDIT_BYTES) break
      if (batch.length === BATCH_BLOCKS || (batch.length > 0 && bytes + sizeOf(raw) > BATCH_BYTES)) {
        sendBlocks(draft, batch)
        out = draft.state.out
        batch = []
        bytes = 0
      }
      batch.push(raw)
      bytes += sizeOf(raw)
    }
    if (batch.length > 0) sendBlocks(draft, batch)
  }
  return i === blocks.length || queueLive(draft, blocks.slice(i))
}

/** Queue ids of new blocks behind what is being sent. Returns false when too many wait already. */
export function queueLive(draft: Draft, entries: readonly OrderedId[]): boolean {
  const { out } = draft.state
  if (entries.length === 0) return true
  if (out.queued + entries.length > MAX_QUEUED) return false
  enqueue(draft, { kind: 'ids', ids: entries.map(({ id }) => id), live: true })
  change(draft, { queued: out.queued + entries.length })
  pump(draft)
  return true
}

/** @returns false when the peer acknowledges what was not sent */
export function acknowledge(draft: Draft, n: number): boolean {
  const { out } = draft.state
  if (n >= out.next) return false
  const inflight = out.inflight.filter((sent) => sent.n > n)
  const inflightBytes = inflight.reduce((sum, sent) => sum + sent.bytes, 0)
  draft.effects.push({ type: 'acknowledged', bytes: out.inflightBytes - inflightBytes })
  change(draft, { inflight, inflightBytes })
  pump(draft)
  return true
}

/** Whether everything was sent and acknowledged. */
export function isDrained({ out }: LinkState): boolean {
  return out.queue.length === 0 && !out.reading && out.inflight.length === 0
}

function sendBlocks(draft: Draft, blocks: readonly RawBlock[]): void {
  const { out, chain } = draft.state
  const bytes = blocks.reduce((sum, raw) => sum + sizeOf(raw), 0)
  draft.messages.push({ type: 'blocks', chain, n: out.next, blocks })
  change(draft, {
    next: out.next + 1,
    inflight: [...out.inflight, { n: out.next, bytes }],
    inflightBytes: out.inflightBytes + bytes
  })
}

const liveIds = (item: OutboxItem | undefined): number => (item?.kind === 'ids' && item.live ? item.ids.length : 0)

function change(draft: Draft, part: Partial<Outbox>): void {
  draft.state.out = { ...draft.state.out, ...part }
}
