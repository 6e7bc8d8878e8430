import { MemoryLevel } from 'memory-level'
import { describe, expect, it } from 'vitest'
import { FaultyStore, type Verdict } from '../support/faulty-store.ts'
import { type LocalNode, openLocalNode } from '../support/local-chains.ts'
import { type Scenario, scenarios } from './scenarios.ts'

/** What the disk does, from the n-th write or read on. */
interface Fault {
  readonly name: string
  readonly kind: 'read' | 'write'
  readonly verdict: Verdict
  readonly code: string
  /** Once, or from then on. */
  readonly lasts: boolean
}

const FAULTS: readonly Fault[] = [
  { name: 'F1 a crash before a write', kind: 'write', verdict: 'fail', code: 'EIO', lasts: true },
  { name: 'F1 a crash after a write', kind: 'write', verdict: 'fail-after', code: 'EIO', lasts: true },
  { name: 'F3 a write that fails once', kind: 'write', verdict: 'fail', code: 'EIO', lasts: false },
  { name: 'F3 a disk that is full', kind: 'write', verdict: 'fail', code: 'ENOSPC', lasts: true },
  { name: 'F3 a read that fails once', kind: 'read', verdict: 'fail', code: 'EIO', lasts: false },
  { name: 'F3 a disk that reads no more', kind: 'read', verdict: 'fail', code: 'EIO', lasts: true }
]

/** More operations than any scenario has: a loop that does not end is a failure. */
const MOST_OPERATIONS = 200
const NAMED = ['StoreFailedError', 'ClosedError']

describe.each(FAULTS)('$name', (fault) => {
  it.each(scenarios)('in the middle of $name leaves all or nothing, and a named error', async (scenario) => {
    let n = 0
    while (await strikes(scenario, fault, n)) {
      n++
      expect(n).toBeLessThan(MOST_OPERATIONS)
    }
    expect(n).toBeGreaterThan(0)
  })
})

describe('F3 a disk that is read-only', () => {
  it.each(scenarios)('refuses $name with a named error, and gives what it has', async (scenario) => {
    const everyWrite: Fault = { name: '', kind: 'write', verdict: 'fail', code: 'EROFS', lasts: true }
    expect(await strikes(scenario, everyWrite, 0)).toBe(true)
  })
})

/** @returns false when the scenario has fewer operations of this kind */
async function strikes<S>(scenario: Scenario<S>, fault: Fault, n: number): Promise<boolean> {
  const disk: MemoryLevel<string, string> = new MemoryLevel()
  const state = await withNode(disk, async (node) => await scenario.prepare(node))
  const store = new FaultyStore(disk)
  let [seen, struck] = [0, false]
  const node = await openLocalNode(undefined, store)
  await scenario.begin?.(node, state)
  store.code = fault.code
  store.judge = (kind) => {
    if (kind !== fault.kind) return 'pass'
    const strikesNow = fault.lasts ? seen >= n : seen === n
    seen++
    struck ||= strikesNow
    return strikesNow ? fault.verdict : 'pass'
  }
  const label = `operation ${n}`
  const outcome = await scenario.act(node, state).then(
    () => 'done' as const,
    (error: unknown) => {
      expect(NAMED, `${label}: ${error}`).toContain(error instanceof Error ? error.name : String(error))
      return 'failed' as const
    }
  )
  if (!struck) expect(outcome).toBe('done')
  // a failing disk must not keep a node from stopping, nor may it be silent about it
  await node.chains.stop().catch((error: Error) => expect(NAMED, label).toContain(error.name))
  store.judge = () => 'pass'
  await withNode(disk, async (again) => await scenario.check(again, state, outcome === 'done', label))
  return struck
}

/** A process's life on this disk. */
async function withNode<T>(disk: MemoryLevel<string, string>, work: (node: LocalNode) => Promise<T>): Promise<T> {
  const node = await openLocalNode(undefined, new FaultyStore(disk))
  try {
    return await work(node)
  } finally {
    await node.chains.stop()
  }
}

it('F3 opening a store reads again what it could not read the first time', async () => {
  const store = new FaultyStore(new MemoryLevel())
  let isStruck = true
  for (let n = 0; isStruck; n++) {
    let seen = 0
    store.judge = (kind) => (kind === 'read' && seen++ === n ? 'fail' : 'pass')
    const opened = await openLocalNode(undefined, store).catch((error: Error) => error.name)
    isStruck = typeof opened === 'string'
    if (typeof opened === 'string') expect(opened).toBe('StoreFailedError')
    else await opened.chains.stop()
  }
})
