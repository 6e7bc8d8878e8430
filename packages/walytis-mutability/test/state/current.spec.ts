import { describe, expect, it } from 'vitest'
import type { MayChange } from '../../src/interface.ts'
import type { ChangeKind } from '../../src/operations/format.ts'
import { type CurrentState, differenceBetween, UNCHANGED } from '../../src/state/current.ts'
import { NO_HISTORY, withRecord } from '../../src/state/history.ts'
import { type ChangeRecord, compareCanonically, followedBy, link } from '../../src/state/versions.ts'
import { ancestorsOf, type Drawn, heightsOf, idOf } from '../support/drawn-chain.ts'

const original = { id: idOf(0), author: 'alice', creator: undefined as never, topics: [] }
const anybody: MayChange = () => true

/** Changes of block 0, from `name: kind < parents`, such as `1: update < 0`. */
function draw(text: string): { dag: Drawn[]; records: ChangeRecord[] } {
  const dag: Drawn[] = [{ name: 0, parents: [], author: 'alice', kind: 'original', of: 0 }]
  for (const line of text.trim().split('\n')) {
    const [, name, kind, parents] = /(\d+): (\w+) < ([\d ]+)/.exec(line) ?? []
    dag.push({
      name: Number(name),
      kind: kind as ChangeKind,
      parents: (parents ?? '').trim().split(' ').map(Number),
      author: 'alice',
      of: 0
    })
  }
  const heights = heightsOf(dag)
  const records = dag.slice(1).map(({ name, kind, author }) => ({
    id: idOf(name).toString(),
    block: idOf(name),
    height: heights[name] ?? 0,
    kind: kind as ChangeKind,
    author,
    creator: undefined as never,
    time: new Date(name),
    size: 1
  }))
  return { dag, records }
}

async function fold(text: string, mayChange: MayChange = anybody): Promise<CurrentState> {
  const { dag, records } = draw(text)
  let history = NO_HISTORY
  for (const record of [...records].sort(compareCanonically)) {
    history = (await withRecord(history, record, { original, mayChange, isAncestor: isAncestorIn(dag) })).history
  }
  return history.state
}

function isAncestorIn(dag: Drawn[]) {
  const ancestors = ancestorsOf(dag)
  return async (a: ChangeRecord, b: ChangeRecord): Promise<boolean> =>
    ancestors[b.time.getTime()]?.has(a.time.getTime()) ?? false
}

const shown = (state: CurrentState): number | undefined => state.shows?.time.getTime()

describe('current version', () => {
  it('is the last of a row of edits', async () => {
    const state = await fold(`
      1: update < 0
      2: update < 1
      3: update < 2`)
    expect(shown(state)).toBe(3)
    expect(state.tips).toHaveLength(1)
  })

  it('is the canonically last of concurrent edits, whichever came first', async () => {
    //     1 ── 3
    //   0
    //     2
    const state = await fold(`
      1: update < 0
      2: update < 0
      3: update < 1`)
    expect(shown(state)).toBe(3)
  })

  it('is decided by id among concurrent edits of one height', async () => {
    const { records } = draw(`
      1: update < 0
      2: update < 0`)
    const state = await fold(`
      1: update < 0
      2: update < 0`)
    expect(state.shows?.id).toBe([...records].sort(compareCanonically).at(-1)?.id)
  })

  it('is deleted when a delete is concurrent with a later edit', async () => {
    const state = await fold(`
      1: delete < 0
      2: update < 0
      3: update < 2`)
    expect(state.deleted).toBe(true)
    expect(state.current?.kind).toBe('delete')
  })

  it('is deleted when a delete is concurrent with a restore of another delete', async () => {
    //     1 delete ── 2 restore ── 3 update
    //   0
    //     4 delete
    const state = await fold(`
      1: delete < 0
      2: restore < 1
      3: update < 2
      4: delete < 0`)
    expect(state.deleted).toBe(true)
  })

  it('comes back by a restore that follows all deletes', async () => {
    const state = await fold(`
      1: update < 0
      2: delete < 1
      3: delete < 1
      4: restore < 2 3`)
    expect(state.deleted).toBe(false)
    expect(shown(state)).toBe(1)
  })

  it('keeps an edit that was concurrent with a delete and its restore', async () => {
    const state = await fold(`
      1: delete < 0
      2: restore < 1
      3: update < 0`)
    expect(state.deleted).toBe(false)
    expect(shown(state)).toBe(3)
  })

  it('comes back by an edit that follows the delete', async () => {
    const state = await fold(`
      1: delete < 0
      2: update < 1`)
    expect(state.deleted).toBe(false)
    expect(shown(state)).toBe(2)
  })

  it('shows a policy the state at the change and nothing concurrent', async () => {
    const seen: string[] = []
    await fold(
      `
      1: delete < 0
      2: update < 0
      3: restore < 1`,
      (change, _, state) => {
        seen.push(`${change.kind} ${state.deleted} ${state.latest.map(({ kind }) => kind)}`)
        return true
      }
    )
    expect(seen.sort()).toEqual(['delete false ', 'restore true delete', 'update false '])
  })

  it('follows only what no other followed change follows', async () => {
    //       1 delete ── 2 restore ── 4 update
    //     0         └── 3 update
    const { dag, records } = draw(`
      1: delete < 0
      2: restore < 1
      3: update < 1
      4: update < 2`)
    const [first, second, third, fourth] = records as [ChangeRecord, ChangeRecord, ChangeRecord, ChangeRecord]
    const one = link(first, [])
    const two = link(second, [one])
    const three = link(third, [one])
    const isAncestor = isAncestorIn(dag)
    const follows = await followedBy([two, three], (change) => isAncestor(change, fourth))
    expect(follows).toEqual([two])
  })
})

describe('difference between two states', () => {
  it('names what whoever looks at the block sees', async () => {
    const edited = await fold('1: update < 0')
    const deleted = await fold('1: update < 0\n2: delete < 1')
    const restored = await fold('1: update < 0\n2: delete < 1\n3: restore < 2')
    expect(differenceBetween(UNCHANGED, edited)).toBe('edited')
    expect(differenceBetween(edited, deleted)).toBe('deleted')
    expect(differenceBetween(deleted, restored)).toBe('restored')
    expect(differenceBetween(edited, restored)).toBeUndefined()
    expect(differenceBetween(deleted, await fold('2: delete < 0'))).toBeUndefined()
  })
})
