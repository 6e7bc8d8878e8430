import { describe, expect, it } from 'vitest'
import type { Inspection } from '../src/inspection.ts'
import type { RemovedMemberReport } from '../src/removal.ts'
import type { Outcome } from '../src/scenario.ts'
import { summarise } from '../src/summary.ts'

const pace = { messages: 100, intervalMs: 10 }
const asked = [{ what: 'sync of the chain', outcome: 'level' }]
const asMember: RemovedMemberReport = {
  asked,
  reached: 2,
  readmitted: true,
  hasBlock: true,
  envelopes: 2,
  seeds: ['epoch 1'],
  content: Buffer.from('…the last message…')
}
const asRemoved: RemovedMemberReport = {
  asked,
  reached: 2,
  readmitted: false,
  hasBlock: false,
  envelopes: 0,
  seeds: [],
  content: undefined
}
const finding = { text: 'a message', encoding: 'utf-8', place: 'somewhere' }

const good: Outcome = {
  secrets: ['a message'],
  messages: 110,
  hashes: { before: ['x', 'x', 'x'], after: ['y', 'y'] },
  delivery: { count: 100, p50: 4.5678, p95: 9, max: 12, closest: 10.1 },
  asMember,
  lastAsMember: { id: '1', text: 'the last message' },
  asRemoved,
  bobShows: ['the last message'],
  afterRemoval: { id: '2', text: 'the surprise' }
}
const clean: Inspection = {
  planted: { found: 6, of: 6 },
  onDisk: [],
  onWire: [],
  bytes: { disk: 1000, wire: 1000 },
  folders: 3
}

describe('the summary', () => {
  it('has no faults when everything is as it should be', () => {
    const { summary, faults } = summarise(good, clean, pace)
    expect(faults).toEqual([])
    expect(summary).toMatchObject({
      devices: 3,
      messages: 110,
      converged: true,
      plaintextOnDisk: false,
      removedMemberReadsNew: false,
      p50DeliveryMs: 4.57
    })
    expect(Object.keys(summary).slice(0, 6)).toEqual([
      'devices',
      'messages',
      'converged',
      'plaintextOnDisk',
      'removedMemberReadsNew',
      'p50DeliveryMs'
    ])
  })

  it.each([
    ['hashes that differ before', { hashes: { before: ['x', 'x', 'z'], after: ['y', 'y'] } }, { converged: false }],
    ['hashes that differ after', { hashes: { before: ['x', 'x', 'x'], after: ['y', 'x'] } }, { converged: false }],
    ['a hash that is missing', { hashes: { before: ['x', 'x'], after: ['y', 'y'] } }, { converged: false }],
    ['a block', { asRemoved: { ...asRemoved, hasBlock: true } }, { removedMemberReadsNew: true }],
    ['a way back in', { asRemoved: { ...asRemoved, readmitted: true } }, { removedMemberReadsNew: true }],
    ['an envelope', { asRemoved: { ...asRemoved, envelopes: 1 } }, { removedMemberReadsNew: true }],
    ['a new key', { asRemoved: { ...asRemoved, seeds: ['epoch 2'] } }, { removedMemberReadsNew: true }],
    ['content', { asRemoved: { ...asRemoved, content: new Uint8Array(1) } }, { removedMemberReadsNew: true }],
    ['the text in his app', { bobShows: ['the surprise'] }, { removedMemberReadsNew: true }],
    ['a message that did not arrive', { delivery: undefined }, { p50DeliveryMs: null }]
  ] as const)('shows %s', (_, change, shown) => {
    const { summary, faults } = summarise({ ...good, ...change }, clean, pace)
    expect(summary).toMatchObject(shown)
    expect(faults).not.toEqual([])
  })

  it('does not count an old key as new', () => {
    const { summary } = summarise({ ...good, asRemoved: { ...asRemoved, seeds: ['epoch 1'] } }, clean, pace)
    expect(summary.removedMemberReadsNew).toBe(false)
  })

  it.each([
    ['plaintext on a disk', { onDisk: [finding] }, { plaintextOnDisk: true }],
    ['plaintext on the wire', { onWire: [finding] }, { plaintextOnWire: true }],
    ['a device that left nothing', { folders: 2 }, { devices: 2 }],
    ['a search that is blind', { planted: { found: 5, of: 6 } }, {}],
    ['a wire that was not recorded', { bytes: { disk: 1000, wire: 0 } }, {}]
  ] as const)('shows %s', (_, change, shown) => {
    const { summary, faults } = summarise(good, { ...clean, ...change }, pace)
    expect(summary).toMatchObject(shown)
    expect(faults).toHaveLength(1)
  })

  it.each([
    ['member is refused, which would show that asking does not work', { asMember: asRemoved }],
    ['removed member reaches fewer', { asRemoved: { ...asRemoved, reached: 1 } }],
    ['removed member asks for less', { asRemoved: { ...asRemoved, asked: [] } }],
    ['messages are sent too close to each other', { delivery: { count: 100, p50: 1, p95: 1, max: 1, closest: 9.9 } }],
    ['fewer messages are measured', { delivery: { count: 99, p50: 1, p95: 1, max: 1, closest: 11 } }]
  ])('has a fault when a %s', (_, change) => {
    expect(summarise({ ...good, ...change }, clean, pace).faults).toHaveLength(1)
  })
})
