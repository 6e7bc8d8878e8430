import type { BlockId, RawBlock } from '../interface/index.ts'
import type { AcceptedBlock, IngestResult, OrderedId } from '../replica.ts'
import type { ChainMessage, Range } from './messages.ts'
import type { Role } from './tags.ts'

/**
 * What one side knows about one chain on one stream: plain data, changed only by `step`. Collections are replaced, never
 * changed in place.
 */
export interface LinkState {
  readonly chain: BlockId
  readonly role: Role
  /** Whether this side has authorised the peer. Until then nothing of the chain is sent, and nothing taken. */
  granted: boolean
  /** Whether the peer has authorised us, too: it has named its heads. */
  joined: boolean
  /** Push new blocks as they come; else tell of new heads after a pause. */
  eager: boolean
  phase: Phase
  /** Grows when the link is reset: results of effects from before are of no use. */
  generation: number
  round: number
  myHeads: readonly BlockId[] | undefined
  theirHeads: HeadsMessage | undefined
  iLack: boolean | undefined
  theyLack: boolean | undefined
  /** A comparison that came before this side was ready for it. */
  deferred: HeadsMessage | undefined
  /** Start another round once this one is over. */
  again: boolean
  /** Heads of both sides when they last differed: the same twice means that nothing moves. */
  lastDifference: string | undefined
  have: readonly OrderedId[]
  need: readonly OrderedId[]
  rangeMessages: number
  /** Whether the peer still owes us `served`. */
  awaitingServed: boolean
  /** Whether this side starts the next round when all is exchanged. */
  leads: boolean
  /** Whether the peer holds all that we announced, so that new blocks can follow directly. */
  live: boolean
  /** Accepted while it is not yet known what the peer holds. */
  recent: readonly OrderedId[]
  out: Outbox
  /** Number of the next message of blocks from the peer. */
  expected: number
  /** A result that messages after it have to wait for. */
  busy: boolean
  inbox: readonly ChainMessage[]
  rejected: number
  orphans: number
  /** By when, in milliseconds of the session's timers, the peer must have sent something. */
  deadline: number | undefined
  /** When to compare again by ourselves. */
  retryAt: number | undefined
}

export type HeadsMessage = Extract<ChainMessage, { type: 'heads' }>

/**
 * - `idle`: not granted, or the peer has left.
 * - `comparing`: heads are being exchanged.
 * - `reconciling`: both lack something, and ranges go back and forth.
 * - `wanting`: the difference is known; each asks for what it needs.
 * - `exchanging`: blocks flow, one way or both.
 * - `settled`: nothing to do until something new comes.
 */
export type Phase = 'idle' | 'comparing' | 'reconciling' | 'wanting' | 'exchanging' | 'settled'

/** What waits to be sent, in order. Blocks of one message follow those before it on the same stream: parents first. */
export interface Outbox {
  queue: readonly OutboxItem[]
  /** Ids in `queue` that came live. */
  queued: number
  /** Whether blocks are being read from the store. */
  reading: boolean
  next: number
  inflight: readonly { readonly n: number; readonly bytes: number }[]
  inflightBytes: number
}

export type OutboxItem =
  | { readonly kind: 'ids'; readonly ids: readonly BlockId[]; readonly live: boolean }
  /** Everything in canonical order, from `from` (exclusive). */
  | { readonly kind: 'all'; readonly from: OrderedId | undefined }
  | { readonly kind: 'served' }

/** What happens to a link. Each comes with the time. */
export type LinkEvent =
  /** The access control has authorised the peer. */
  | { readonly type: 'granted' }
  /** The peer has lost its right, or the chain was closed here. */
  | { readonly type: 'revoked' }
  | { readonly type: 'message'; readonly message: ChainMessage }
  /** Blocks were stored here, not from this peer. */
  | { readonly type: 'accepted'; readonly blocks: readonly AcceptedBlock[] }
  | { readonly type: 'eager'; readonly eager: boolean }
  /** Ask the peer for these, when nothing else is going on. */
  | { readonly type: 'fetch'; readonly ids: readonly BlockId[] }
  /** Compare again. */
  | { readonly type: 'resync' }
  | { readonly type: 'tick' }
  | LinkResult

/** What effects give back. */
export type LinkResult =
  | {
      readonly type: 'heads-read'
      readonly heads: readonly BlockId[]
      readonly count: number
      readonly partial: boolean
    }
  | { readonly type: 'looked-up'; readonly isMissing: boolean }
  /** `undefined`: everything. */
  | { readonly type: 'missing-found'; readonly ids: readonly OrderedId[] | undefined }
  | {
      readonly type: 'reconciled'
      readonly reply: readonly Range[]
      readonly have: readonly OrderedId[]
      readonly need: readonly OrderedId[]
    }
  | { readonly type: 'ingested'; readonly n: number; readonly size: number; readonly result: IngestResult }
  /** Blocks for the first item of the outbox; `rest` is what is left of that item. */
  | { readonly type: 'read'; readonly blocks: readonly RawBlock[]; readonly rest: OutboxItem | undefined }

/**
 * What a link asks of its surroundings. The first six are answered by their results, which are dropped when the link's
 * generation has changed meanwhile.
 */
export type LinkEffect =
  | { readonly type: 'read-heads' }
  | { readonly type: 'look-up'; readonly ids: readonly BlockId[] }
  | { readonly type: 'find-missing'; readonly heads: readonly BlockId[] }
  /** `undefined`: make the first message. */
  | { readonly type: 'reconcile'; readonly ranges: readonly Range[] | undefined }
  | { readonly type: 'ingest'; readonly n: number; readonly blocks: readonly RawBlock[] }
  | { readonly type: 'read'; readonly item: Exclude<OutboxItem, { kind: 'served' }> }
  /** Both sides take part now, or no longer. */
  | { readonly type: 'joined' }
  | { readonly type: 'left' }
  /** A round is over; `partial`: the peer is still receiving the chain itself. */
  | { readonly type: 'compared'; readonly level: boolean; readonly round: number; readonly partial: boolean }
  | { readonly type: 'records'; readonly records: readonly Uint8Array[] }
  | { readonly type: 'progress'; readonly received: number; readonly expected: number }
  | { readonly type: 'acknowledged'; readonly bytes: number }
  /** Tick again at this time. */
  | { readonly type: 'wake'; readonly at: number }
  | { readonly type: 'cut'; readonly reason: CutReason }

/** Why a peer is cut off. */
export type CutReason =
  | 'undecodable'
  | 'out-of-sequence'
  | 'over-credit'
  | 'rejected-blocks'
  | 'orphan-flood'
  | 'endless-reconciliation'
  | 'deadline'

export interface LinkStep {
  readonly state: LinkState
  readonly messages: readonly ChainMessage[]
  readonly effects: readonly LinkEffect[]
}

export function createLinkState(chain: BlockId, role: Role): LinkState {
  return {
    chain,
    role,
    granted: false,
    joined: false,
    eager: true,
    phase: 'idle',
    generation: 0,
    round: 0,
    myHeads: undefined,
    theirHeads: undefined,
    iLack: undefined,
    theyLack: undefined,
    deferred: undefined,
    again: false,
    lastDifference: undefined,
    have: [],
    need: [],
    rangeMessages: 0,
    awaitingServed: false,
    leads: false,
    live: false,
    recent: [],
    out: { queue: [], queued: 0, reading: false, next: 1, inflight: [], inflightBytes: 0 },
    expected: 1,
    busy: false,
    inbox: [],
    rejected: 0,
    orphans: 0,
    deadline: undefined,
    retryAt: undefined
  }
}
