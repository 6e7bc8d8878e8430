import { describe, expect, it } from 'vitest'
import { blockIdOf } from '../../src/block/id.ts'
import type { AcceptedBlock } from '../../src/replica.ts'
import { headsDigest } from '../../src/sync/comparison.ts'
import {
  ANSWER_DEADLINE,
  CHAIN_CREDIT_BYTES,
  LAZY_PAUSE,
  MAX_INBOX,
  MAX_ORPHANS,
  MAX_REJECTED,
  STALLED_PAUSE
} from '../../src/sync/limits.ts'
import {
  createLinkState,
  type LinkEffect,
  type LinkEvent,
  type LinkState,
  type LinkStep
} from '../../src/sync/link-state.ts'
import type { ChainMessage } from '../../src/sync/messages.ts'
import { step } from '../../src/sync/step.ts'

const chain = blockIdOf(new Uint8Array(1))
const id = (n: number) => blockIdOf(Uint8Array.of(n, 1))
const NOW = Date.UTC(2026, 0, 1)

/** Drives one link by hand. */
class Driver {
  state: LinkState = createLinkState(chain, 'initiator')
  now = NOW
  messages: ChainMessage[] = []
  effects: LinkEffect[] = []

  do(event: LinkEvent): LinkStep {
    const before = structuredCloneOf(this.state)
    const result = step(this.state, event, this.now)
    // pure: the state before is as it was
    expect(structuredCloneOf(this.state)).toEqual(before)
    this.state = result.state
    this.messages = [...result.messages]
    this.effects = [...result.effects]
    return result
  }

  take(message: ChainMessage): LinkStep {
    return this.do({ type: 'message', message })
  }

  kinds(): string[] {
    return [...this.messages, ...this.effects].map(({ type }) => type)
  }

  /** Level with the peer, and live. */
  settle(): this {
    this.do({ type: 'granted' })
    this.do({ type: 'heads-read', heads: [chain], count: 1, partial: false })
    const [heads] = this.messages
    if (heads?.type !== 'heads') return expect.unreachable('no heads')
    this.take(heads)
    this.take({ type: 'held', chain, round: heads.round, lacking: false })
    expect(this.state).toMatchObject({ phase: 'settled', live: true })
    return this
  }
}

const structuredCloneOf = (state: LinkState): unknown => JSON.parse(JSON.stringify(state))

const block = (n: number, size = 10): AcceptedBlock => ({
  height: n,
  id: id(n),
  raw: { block: new Uint8Array(size), content: new Uint8Array() }
})

const ingested = (part: {
  accepted?: number
  known?: number
  rejected?: number
  size?: number
  missing?: number
}): LinkEvent => ({
  type: 'ingested',
  n: 1,
  size: part.size ?? 1,
  result: {
    accepted: Array.from({ length: part.accepted ?? 0 }, (_, i) => id(i)),
    known: part.known ?? 0,
    missing: Array.from({ length: part.missing ?? 0 }, (_, i) => id(i)),
    rejected: Array.from({ length: part.rejected ?? 0 }, () => ({ rule: 'signature' }))
  }
})

const blocksOf = (n: number): ChainMessage => ({ type: 'blocks', chain, n, blocks: [block(n).raw] })

describe('a link', () => {
  it('says nothing of the chain before it has authorised the peer, and keeps the peer’s heads until then', () => {
    const link = new Driver()
    link.take({ type: 'heads', chain, round: 1, heads: [chain], digest: new Uint8Array(16), count: 1, partial: false })
    expect(link.kinds()).toEqual([])
    link.take({ type: 'want', chain, ids: [{ height: 0, id: chain }] })
    expect(link.kinds()).toEqual([])
    link.do({ type: 'accepted', blocks: [block(1)] })
    expect(link.kinds()).toEqual([])
    link.do({ type: 'granted' })
    expect(link.kinds()).toEqual(['read-heads', 'joined'])
  })

  it('pushes a new block in the same step', () => {
    const link = new Driver().settle()
    link.do({ type: 'accepted', blocks: [block(1)] })
    expect(link.kinds()).toEqual(['blocks'])
    link.do({ type: 'accepted', blocks: [block(2)] })
    expect(link.messages).toMatchObject([{ type: 'blocks', n: 2 }])
  })

  it('R14 says nothing more once the peer has lost its right, and takes nothing more', () => {
    const link = new Driver().settle()
    link.do({ type: 'revoked' })
    expect(link.kinds()).toEqual(['close', 'left'])
    link.do({ type: 'accepted', blocks: [block(1)] })
    expect(link.kinds()).toEqual([])
    link.take(blocksOf(1))
    expect(link.kinds()).toEqual([])
    link.take({ type: 'want', chain, ids: [] })
    expect(link.kinds()).toEqual([])
  })

  it('takes up again after it was closed, with numbers that go on', () => {
    const link = new Driver().settle()
    link.do({ type: 'accepted', blocks: [block(1)] })
    link.take(blocksOf(1))
    link.do(ingested({ accepted: 1 }))
    link.do({ type: 'revoked' })
    link.take(blocksOf(2))
    link.settle()
    link.do({ type: 'accepted', blocks: [block(2)] })
    expect(link.messages).toMatchObject([{ type: 'blocks', n: 2 }])
    link.take(blocksOf(3))
    expect(link.kinds()).toEqual(['ingest'])
  })

  it('stops at its credit, and goes on when the peer acknowledges', () => {
    const link = new Driver().settle()
    const big = Array.from({ length: 12 }, (_, i) => block(i, CHAIN_CREDIT_BYTES / 8))
    link.do({ type: 'accepted', blocks: big })
    const sent = link.messages.length
    expect(sent).toBeLessThan(big.length)
    expect(link.state.out.inflightBytes).toBeLessThanOrEqual(CHAIN_CREDIT_BYTES)
    link.take({ type: 'ack', chain, n: sent })
    expect(link.kinds()).toEqual(['acknowledged', 'read'])
    expect(link.state.out.inflightBytes).toBe(0)
  })

  it('acknowledges only after what came is stored, and takes messages behind it in order', () => {
    const link = new Driver().settle()
    link.take(blocksOf(1))
    expect(link.kinds()).toEqual(['ingest'])
    link.take(blocksOf(2))
    expect(link.kinds()).toEqual([])
    link.do(ingested({ accepted: 1 }))
    expect(link.kinds()).toEqual(['ack', 'progress', 'ingest'])
  })

  it.each<[string, string, (link: Driver) => void]>([
    [
      'rejected blocks',
      'rejected-blocks',
      (link) => {
        for (let n = 1; n <= MAX_REJECTED; n++) {
          link.take(blocksOf(n))
          link.do(ingested({ rejected: 1 }))
        }
      }
    ],
    [
      'a flood of orphans',
      'orphan-flood',
      (link) => {
        link.take(blocksOf(1))
        link.do(ingested({ size: MAX_ORPHANS, missing: 1 }))
      }
    ],
    ['blocks out of sequence', 'out-of-sequence', (link) => link.take(blocksOf(2))],
    ['acknowledging what was not sent', 'out-of-sequence', (link) => link.take({ type: 'ack', chain, n: 1 })],
    [
      'more messages than can wait',
      'over-credit',
      (link) => {
        link.take(blocksOf(1))
        for (let i = 0; i <= MAX_INBOX; i++) link.take({ type: 'served', chain })
      }
    ],
    [
      'silence where an answer is owed',
      'deadline',
      (link) => {
        link.do({ type: 'accepted', blocks: [block(1)] })
        link.now += ANSWER_DEADLINE
        link.do({ type: 'tick' })
      }
    ]
  ])('cuts the peer off for %s', (_name, reason, misbehave) => {
    const link = new Driver().settle()
    misbehave(link)
    expect(link.effects).toContainEqual({ type: 'cut', reason })
  })

  it('is not cut off for being idle', () => {
    const link = new Driver().settle()
    link.now += 100 * ANSWER_DEADLINE
    link.do({ type: 'tick' })
    expect(link.kinds()).toEqual([])
  })

  it('tells a partner without live pushes of new heads after a pause', () => {
    const link = new Driver().settle()
    link.do({ type: 'eager', eager: false })
    link.do({ type: 'accepted', blocks: [block(1)] })
    expect(link.effects).toEqual([{ type: 'wake', at: NOW + LAZY_PAUSE }])
    link.do({ type: 'accepted', blocks: [block(2)] })
    expect(link.kinds()).toEqual([])
    link.now += LAZY_PAUSE
    link.do({ type: 'tick' })
    expect(link.kinds()).toEqual(['read-heads'])
  })

  it('says that it is not level when one side won’t take what the other has', () => {
    const link = new Driver()
    link.do({ type: 'granted' })
    for (let round = 1; round <= 2; round++) {
      link.do({ type: 'heads-read', heads: [id(1)], count: 2, partial: false })
      link.take({ type: 'heads', chain, round, heads: [chain], digest: headsDigest([chain]), count: 1, partial: false })
      link.do({ type: 'looked-up', isMissing: false })
      link.take({ type: 'held', chain, round, lacking: true })
      if (round === 1) link.do({ type: 'missing-found', ids: [] })
    }
    expect(link.effects).toContainEqual({ type: 'compared', level: false, round: 2, partial: false })
    expect(link.effects).toContainEqual({ type: 'wake', at: NOW + STALLED_PAUSE })
  })
})
