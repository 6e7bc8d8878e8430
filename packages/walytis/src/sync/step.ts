import type { BlockId } from '../interface/index.ts'
import type { AcceptedBlock } from '../replica.ts'
import {
  announceHeads,
  beginRound,
  compare,
  fallBehind,
  finishExchange,
  isOccupied,
  reset,
  takeHeld,
  takeLookedUp,
  takeMissing,
  takeRanges,
  takeReconciled,
  takeWant
} from './comparison.ts'
import {
  ANSWER_DEADLINE,
  CHAIN_CREDIT_BYTES,
  LAZY_PAUSE,
  MAX_FOLLOWED,
  MAX_INBOX,
  MAX_MESSAGE_BYTES,
  MAX_ORPHANS,
  MAX_QUEUED,
  MAX_REJECTED
} from './limits.ts'
import type { CutReason, LinkEvent, LinkResult, LinkState, LinkStep } from './link-state.ts'
import type { ChainMessage } from './messages.ts'
import { acknowledge, type Draft, pushLive, sendRead, sizeOf } from './outbox.ts'

/**
 * One chain on one stream, as a pure function: what happens to a link, and what it says and asks for in return
 * (docs/protocol.md, "Sync"). `session.ts` carries it out.
 *
 * Messages whose answer needs the store are taken one at a time (`busy`); acknowledgements and new blocks of our own never
 * wait behind them.
 *
 * @param now milliseconds of a clock that never goes back
 */
export function step(before: LinkState, event: LinkEvent, now: number): LinkStep {
  const draft: Draft = { state: { ...before }, messages: [], effects: [] }
  apply(draft, event, now)
  while (!draft.state.busy && draft.state.inbox.length > 0 && !isCut(draft)) {
    const [message, ...rest] = draft.state.inbox as [ChainMessage, ...ChainMessage[]]
    draft.state.inbox = rest
    takeMessage(draft, message, now)
  }
  finishExchange(draft)
  expectAnswer(draft, before, event, now)
  return draft
}

/** Messages that change only the sending side, or end the link: they wait for nothing. */
const URGENT: ReadonlySet<ChainMessage['type']> = new Set(['ack', 'close', 'peers'])

function apply(draft: Draft, event: LinkEvent, now: number): void {
  const { state } = draft
  switch (event.type) {
    case 'granted': {
      if (state.granted) return
      const early = state.deferred
      state.granted = true
      state.deferred = undefined
      beginRound(draft, Math.max(state.round + 1, early?.round ?? 0))
      if (early !== undefined) takeMessage(draft, early, now)
      return
    }
    case 'revoked':
      if (state.granted) draft.messages.push({ type: 'close', chain: state.chain })
      reset(draft)
      state.granted = false
      return
    case 'message':
      if (!state.busy || URGENT.has(event.message.type)) {
        takeMessage(draft, event.message, now)
        return
      }
      state.inbox = [...state.inbox, event.message]
      if (isOverCredit(state.inbox)) cut(draft, 'over-credit')
      return
    case 'accepted':
      takeAccepted(draft, event.blocks, now)
      return
    case 'eager':
      if (state.eager === event.eager) return
      state.eager = event.eager
      if (!event.eager) state.live = false
      else if (state.phase === 'settled') state.again = true
      return
    case 'resync':
      if (!state.granted) return
      if (state.phase === 'idle') beginRound(draft, state.round + 1)
      else state.again = true
      return
    case 'fetch':
      if (!state.granted || !state.joined || state.phase !== 'settled' || state.awaitingServed) return
      follow(draft, event.ids)
      return
    case 'tick':
      tick(draft, now)
      return
    default:
      takeResult(draft, event, now)
      return
  }
}

function takeResult(draft: Draft, result: LinkResult, now: number): void {
  const { state } = draft
  if (result.type === 'read') {
    sendRead(draft, result.blocks, result.rest)
    return
  }
  state.busy = false
  switch (result.type) {
    case 'heads-read':
      if (state.phase !== 'comparing') return
      announceHeads(draft, result)
      compare(draft, now)
      return
    case 'looked-up':
      takeLookedUp(draft, result.isMissing, now)
      return
    case 'missing-found':
      takeMissing(draft, result.ids)
      return
    case 'reconciled':
      takeReconciled(draft, result)
      return
    case 'ingested':
      takeIngested(draft, result)
      return
  }
}

function takeMessage(draft: Draft, message: ChainMessage, now: number): void {
  const { state } = draft
  if (!state.granted) {
    // kept until this side has made up its mind; all else from a peer without a right is dropped
    if (message.type === 'heads') state.deferred = message
    if (message.type === 'blocks') state.expected = message.n + 1
    return
  }
  switch (message.type) {
    case 'heads':
      takeHeads(draft, message, now)
      return
    case 'held':
      takeHeld(draft, message.round, message.lacking, now)
      return
    case 'ranges':
      takeRanges(draft, message.round, message.ranges)
      return
    case 'want':
      takeWant(draft, message.ids)
      return
    case 'served':
      state.awaitingServed = false
      return
    case 'blocks':
      if (message.n !== state.expected) {
        cut(draft, 'out-of-sequence')
        return
      }
      state.expected++
      state.busy = true
      draft.effects.push({ type: 'ingest', n: message.n, blocks: message.blocks })
      return
    case 'ack':
      if (!acknowledge(draft, message.n)) cut(draft, 'out-of-sequence')
      return
    case 'peers':
      draft.effects.push({ type: 'records', records: message.records })
      return
    case 'close':
      reset(draft)
      return
  }
}

function takeHeads(draft: Draft, message: Extract<ChainMessage, { type: 'heads' }>, now: number): void {
  const { state } = draft
  if (!state.joined) {
    state.joined = true
    draft.effects.push({ type: 'joined' })
  }
  if (message.round > state.round && isOccupied(state)) {
    state.deferred = message
    return
  }
  if (message.round > state.round) beginRound(draft, message.round)
  else if (state.phase === 'idle') beginRound(draft, state.round + 1)
  if (message.round !== state.round || state.phase !== 'comparing' || state.theirHeads !== undefined) return
  state.theirHeads = message
  compare(draft, now)
}

function takeAccepted(draft: Draft, blocks: readonly AcceptedBlock[], now: number): void {
  const { state } = draft
  if (!state.granted || state.phase === 'idle') return
  if (state.live) {
    if (!pushLive(draft, blocks)) fallBehind(state)
  } else if (state.phase !== 'settled') {
    if (state.recent.length + blocks.length > MAX_QUEUED) fallBehind(state)
    else state.recent = [...state.recent, ...blocks.map(({ height, id }) => ({ height, id }))]
  } else if (state.retryAt === undefined || state.retryAt > now + LAZY_PAUSE) {
    state.retryAt = now + LAZY_PAUSE
    draft.effects.push({ type: 'wake', at: state.retryAt })
  }
}

function takeIngested(draft: Draft, { n, size, result }: Extract<LinkResult, { type: 'ingested' }>): void {
  const { state } = draft
  const { accepted, known, missing, rejected } = result
  draft.messages.push({ type: 'ack', chain: state.chain, n })
  state.rejected += rejected.length
  const waiting = Math.max(0, size - accepted.length - known - rejected.length)
  state.orphans = Math.max(0, state.orphans - accepted.length) + waiting
  if (state.rejected >= MAX_REJECTED) {
    cut(draft, 'rejected-blocks')
    return
  }
  if (state.orphans >= MAX_ORPHANS) {
    cut(draft, 'orphan-flood')
    return
  }
  draft.effects.push({ type: 'progress', received: accepted.length, expected: state.theirHeads?.count ?? 0 })
  if (missing.length > 0 && !state.awaitingServed) follow(draft, missing)
}

function follow({ state, messages }: Draft, missing: readonly BlockId[]): void {
  state.awaitingServed = true
  const ids = missing.slice(0, MAX_FOLLOWED).map((id) => ({ height: 0, id }))
  messages.push({ type: 'want', chain: state.chain, ids })
}

function tick(draft: Draft, now: number): void {
  const { state } = draft
  if (state.deadline !== undefined && now >= state.deadline) {
    cut(draft, 'deadline')
    return
  }
  if (state.retryAt === undefined || now < state.retryAt) return
  state.retryAt = undefined
  if (state.joined && state.phase === 'settled') state.again = true
}

/** A peer that owes an answer has to say something in time; any message about this chain counts. */
function expectAnswer({ state }: Draft, before: LinkState, event: LinkEvent, now: number): void {
  const isUnderWay = state.phase !== 'idle' && state.phase !== 'settled' && !state.busy
  const isOwed = state.joined && (isUnderWay || state.out.inflight.length > 0 || state.awaitingServed)
  if (!isOwed) state.deadline = undefined
  else if (before.deadline === undefined || event.type === 'message') state.deadline = now + ANSWER_DEADLINE
}

/** A peer that keeps to its credits sends at most one message more than they allow. */
function isOverCredit(inbox: readonly ChainMessage[]): boolean {
  let bytes = 0
  let others = 0
  for (const message of inbox) {
    if (message.type === 'blocks') bytes += message.blocks.reduce((sum, raw) => sum + sizeOf(raw), 0)
    else others++
  }
  return bytes > CHAIN_CREDIT_BYTES + MAX_MESSAGE_BYTES || others > MAX_INBOX
}

function cut(draft: Draft, reason: CutReason): void {
  draft.effects.push({ type: 'cut', reason })
}

const isCut = ({ effects }: Draft): boolean => effects.some(({ type }) => type === 'cut')
