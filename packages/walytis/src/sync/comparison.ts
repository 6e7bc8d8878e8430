import { sha256 } from '@noble/hashes/sha2.js'
import { equalBytes } from '../canonical.ts'
import { compareOrder } from '../graph/order.ts'
import type { BlockId } from '../interface/index.ts'
import type { OrderedId } from '../replica.ts'
import {
  FINGERPRINT_BYTES,
  MAX_DIFFERENCE,
  MAX_HEADS_PER_MESSAGE,
  MAX_IDS_PER_MESSAGE,
  MAX_RECONCILE_MESSAGES,
  MAX_SERVICES,
  STALLED_PAUSE
} from './limits.ts'
import type { LinkEvent, LinkState } from './link-state.ts'
import type { Range } from './messages.ts'
import { type Draft, enqueue, isDrained, pump, queueLive } from './outbox.ts'

/**
 * Rounds of comparison. In each, both sides name their heads and say whether they lack any of the other's. If neither does,
 * they are level. If one does, the other knows exactly what to send. If both do, their sets are reconciled. Whoever has sent
 * starts the next round, so that "level" is always the outcome of a comparison, never assumed.
 */

export function beginRound(draft: Draft, round: number): void {
  const { state } = draft
  state.phase = 'comparing'
  state.round = round
  state.myHeads = undefined
  state.theirHeads = undefined
  state.iLack = undefined
  state.theyLack = undefined
  state.again = false
  state.have = []
  state.need = []
  state.rangeMessages = 0
  state.leads = false
  state.retryAt = undefined
  state.recent = []
  state.busy = true
  draft.effects.push({ type: 'read-heads' })
}

/** This side's heads, as they are now: say them. */
export function announceHeads(
  draft: Draft,
  { heads, count, partial }: Extract<LinkEvent, { type: 'heads-read' }>
): void {
  const { state } = draft
  state.myHeads = heads
  draft.messages.push({
    type: 'heads',
    chain: state.chain,
    round: state.round,
    heads: heads.slice(0, MAX_HEADS_PER_MESSAGE),
    digest: headsDigest(heads),
    count,
    partial
  })
}

/** Go on with the round as far as is known what it needs. */
export function compare(draft: Draft, now: number): void {
  const { state } = draft
  const { myHeads, theirHeads } = state
  if (state.phase !== 'comparing' || state.busy || myHeads === undefined || theirHeads === undefined) return
  if (state.iLack === undefined) {
    if (equalBytes(theirHeads.digest, headsDigest(myHeads))) {
      sayHeld(draft, false, now)
      return
    }
    state.busy = true
    draft.effects.push({ type: 'look-up', ids: theirHeads.heads })
  } else if (state.theyLack !== undefined) {
    decide(draft, state.iLack, state.theyLack, theirHeads.heads, now)
  }
}

/** @param isMissing whether a head that the peer listed is not held here */
export function takeLookedUp(draft: Draft, isMissing: boolean, now: number): void {
  const { theirHeads } = draft.state
  if (draft.state.phase !== 'comparing' || theirHeads === undefined) return
  // a list that is cut short can't show that nothing is missing
  sayHeld(draft, isMissing || !equalBytes(headsDigest(theirHeads.heads), theirHeads.digest), now)
}

export function takeHeld(draft: Draft, round: number, lacking: boolean, now: number): void {
  const { state } = draft
  if (state.phase !== 'comparing' || round !== state.round) return
  state.theyLack = lacking
  compare(draft, now)
}

function sayHeld(draft: Draft, lacking: boolean, now: number): void {
  const { state } = draft
  state.iLack = lacking
  draft.messages.push({ type: 'held', chain: state.chain, round: state.round, lacking })
  compare(draft, now)
}

function decide(draft: Draft, iLack: boolean, theyLack: boolean, theirHeads: readonly BlockId[], now: number): void {
  const { state } = draft
  if (!theyLack) goLive(draft)
  if (!iLack && !theyLack) {
    state.lastDifference = undefined
    settle(draft, true)
    return
  }
  const difference = [...(state.myHeads ?? []), '|', ...theirHeads].join()
  if (difference === state.lastDifference) {
    // one side won't take what the other has
    state.lastDifference = undefined
    state.retryAt = now + STALLED_PAUSE
    draft.effects.push({ type: 'wake', at: state.retryAt })
    settle(draft, false)
    return
  }
  state.lastDifference = difference
  if (iLack && theyLack) {
    state.phase = 'reconciling'
    if (state.role === 'responder') return
    state.busy = true
    draft.effects.push({ type: 'reconcile', ranges: undefined })
    return
  }
  state.phase = 'exchanging'
  if (iLack) return
  state.leads = true
  state.busy = true
  draft.effects.push({ type: 'find-missing', heads: theirHeads })
}

/** @param ids what the peer lacks; undefined: everything */
export function takeMissing(draft: Draft, ids: readonly OrderedId[] | undefined): void {
  if (draft.state.phase !== 'exchanging') return
  if (ids === undefined) enqueue(draft, { kind: 'all', from: undefined })
  else enqueue(draft, { kind: 'ids', ids: ids.map(({ id }) => id), live: false })
  goLive(draft)
  pump(draft)
}

export function takeRanges(draft: Draft, round: number, ranges: readonly Range[]): void {
  const { state } = draft
  if (state.phase !== 'reconciling' || round !== state.round) return
  state.rangeMessages++
  if (state.rangeMessages > MAX_RECONCILE_MESSAGES) {
    draft.effects.push({ type: 'cut', reason: 'endless-reconciliation' })
  } else if (ranges.length === 0) {
    sayWanted(draft)
  } else {
    state.busy = true
    draft.effects.push({ type: 'reconcile', ranges })
  }
}

export function takeReconciled(draft: Draft, { reply, have, need }: Extract<LinkEvent, { type: 'reconciled' }>): void {
  const { state } = draft
  if (state.phase !== 'reconciling') return
  state.have = [...state.have, ...have].slice(0, MAX_DIFFERENCE)
  state.need = [...state.need, ...need].slice(0, MAX_DIFFERENCE)
  draft.messages.push({ type: 'ranges', chain: state.chain, round: state.round, ranges: reply })
  if (reply.length === 0) sayWanted(draft)
}

function sayWanted(draft: Draft): void {
  const { state } = draft
  state.phase = 'wanting'
  state.awaitingServed = true
  const ids = [...state.need].sort(compareOrder).slice(0, MAX_IDS_PER_MESSAGE)
  draft.messages.push({ type: 'want', chain: state.chain, ids })
}

export function takeWant(draft: Draft, ids: readonly OrderedId[]): void {
  const { state } = draft
  if (state.phase === 'wanting') {
    const all = new Map([...state.have, ...ids].map((entry) => [entry.id.toString(), entry]))
    state.phase = 'exchanging'
    state.leads = state.role === 'initiator'
    serve(draft, [...all.values()].sort(compareOrder))
    goLive(draft)
  } else if (state.out.queue.filter(({ kind }) => kind === 'served').length < MAX_SERVICES) {
    serve(draft, ids)
  } else {
    draft.effects.push({ type: 'cut', reason: 'over-credit' })
  }
}

function serve(draft: Draft, entries: readonly OrderedId[]): void {
  enqueue(draft, { kind: 'ids', ids: entries.map(({ id }) => id), live: false })
  enqueue(draft, { kind: 'served' })
  pump(draft)
}

/** Once all is sent, acknowledged and served, compare again. */
export function finishExchange(draft: Draft): void {
  const { state } = draft
  if (state.busy || isOccupied(state)) return
  if (state.deferred !== undefined && state.phase !== 'idle') {
    const { deferred } = state
    state.deferred = undefined
    if (deferred.round <= state.round) return
    beginRound(draft, deferred.round)
    state.theirHeads = deferred
  } else if ((state.phase === 'exchanging' && state.leads) || (state.phase === 'settled' && state.again)) {
    beginRound(draft, state.round + 1)
  }
}

/** Whether blocks are still under way, so that a comparison now would find missing what is about to arrive. */
export function isOccupied(state: LinkState): boolean {
  return (state.phase === 'exchanging' || state.phase === 'settled') && (!isDrained(state) || state.awaitingServed)
}

/** From here on new blocks follow what is queued, unless the peer is only told of new heads. */
function goLive(draft: Draft): void {
  const { state } = draft
  state.live = state.eager
  if (!state.eager) state.again ||= state.recent.length > 0
  else if (!queueLive(draft, state.recent)) fallBehind(state)
  state.recent = []
}

/** Too much to keep up with: what is missing is found by comparing again. */
export function fallBehind(state: LinkState): void {
  state.live = false
  state.recent = []
  state.again = true
}

function settle(draft: Draft, level: boolean): void {
  const { round, theirHeads } = draft.state
  draft.state.phase = 'settled'
  draft.effects.push({ type: 'compared', level, round, partial: theirHeads?.partial ?? false })
}

/** The chain is over on this stream. Numbers of rounds and messages go on, in case it is taken up again. */
export function reset(draft: Draft): void {
  const { state } = draft
  if (state.joined) draft.effects.push({ type: 'left' })
  if (state.out.inflightBytes > 0) draft.effects.push({ type: 'acknowledged', bytes: state.out.inflightBytes })
  state.joined = false
  state.phase = 'idle'
  state.live = false
  state.again = false
  state.deferred = undefined
  state.lastDifference = undefined
  state.awaitingServed = false
  state.recent = []
  state.inbox = []
  state.busy = false
  state.generation++
  state.out = { queue: [], queued: 0, reading: false, next: state.out.next, inflight: [], inflightBytes: 0 }
}

/** Tells whether two sides have the same heads, however many. The order is the canonical one on both. */
export function headsDigest(heads: readonly BlockId[]): Uint8Array {
  const hash = sha256.create()
  for (const id of heads) hash.update(id.bytes)
  return hash.digest().subarray(0, FINGERPRINT_BYTES)
}
