import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { LayerRows, LayerWrite } from 'walytis/interface'
import { ChangeIndex } from '../src/change-index.ts'
import type { ChangePolicy } from '../src/interface.ts'
import { authorOnly, encodePolicy, moderatedBy } from '../src/policy.ts'
import { IndexStore } from '../src/storage/index-store.ts'
import { MemoryRows } from '../src/storage/memory-rows.ts'
import { type NaiveState, naiveStates } from './reference/naive.ts'
import { type Drawn, DrawnReplica, idOf } from './support/drawn-chain.ts'

const never = new AbortController().signal

const drawnBlock = fc.record({
  parents: fc.array(fc.nat(), { minLength: 1, maxLength: 3 }),
  author: fc.constantFrom('alice', 'alice', 'bob', 'carol'),
  kind: fc.constantFrom('original', 'update', 'update', 'delete', 'restore', 'foreign') as fc.Arbitrary<Drawn['kind']>,
  of: fc.nat(),
  malformed: fc.integer({ min: 0, max: 15 }).map((roll) => roll === 0)
})

/** The first block is an original by alice; later ones have earlier ones as parents, and name any block, later ones too. */
const dags = fc.array(drawnBlock, { minLength: 1, maxLength: 24 }).map((blocks): Drawn[] => [
  { name: 0, parents: [], author: 'alice', kind: 'original', of: 0 },
  ...blocks.map((block, index) => {
    const name = index + 1
    // Half of the names are of block 0, so that chains of changes grow long.
    const of = block.of % 2 === 0 ? 0 : (block.of >> 1) % (blocks.length + 1)
    return { ...block, name, parents: [...new Set(block.parents.map((parent) => parent % name))], of }
  })
])

/** Random numbers for one delivery: which block next, what comes late, what is revoked, where the process ends. */
const choices = fc.infiniteStream(fc.nat({ max: 0xffff }))

/** The disk says no, before or after it has written. */
class DiskFailure extends Error {
  override readonly name = 'DiskFailure'
}

/** Rows that outlive the index, on a disk that fails when it is told to. */
class FailingRows extends MemoryRows {
  /** What becomes of the next write. */
  next: 'works' | 'fails' | 'works and says that it failed' = 'works'

  override async write(writes: readonly LayerWrite[]): Promise<void> {
    const outcome = this.next
    this.next = 'works'
    if (outcome !== 'fails') await super.write(writes)
    if (outcome !== 'works') throw new DiskFailure()
  }
}

async function openIndex(replica: DrawnReplica, rows: LayerRows, policy: ChangePolicy): Promise<ChangeIndex> {
  const store = new IndexStore(rows)
  await store.open(encodePolicy(policy), 'consumer')
  return new ChangeIndex({
    chain: replica,
    store,
    mayChange: policy.mayChange,
    tell: () => {},
    unreadable: (error) => {
      throw error
    },
    lacking: () => {},
    signal: never
  })
}

/**
 * Hand a DAG to an index in some causal order, with contents that come late and blocks that go out of effect and back. The process ends
 * at any moment: then the index is opened again over its rows, and what it had not succeeded with is handed over once more.
 */
async function deliver(
  dag: readonly Drawn[],
  revoked: ReadonlySet<number>,
  policy: ChangePolicy,
  random: () => number
) {
  const replica = new DrawnReplica(dag)
  const rows = new FailingRows()
  let index = await openIndex(replica, rows, policy)
  const follow = async (block: Parameters<ChangeIndex['refresh']>[0]): Promise<void> => {
    if (random() % 8 === 0) rows.next = random() % 2 === 0 ? 'fails' : 'works and says that it failed'
    try {
      await index.refresh(block)
    } catch (error) {
      if (!(error instanceof DiskFailure)) throw error
      index = await openIndex(replica, rows, policy)
      await index.refresh(block)
    }
    rows.next = 'works'
    // Handed over twice, as after a crash before the cursor was moved; or the process ends here.
    if (random() % 4 === 0) await index.refresh(block)
    if (random() % 4 === 0) index = await openIndex(replica, rows, policy)
  }
  const late: number[] = []
  const done = new Set<number>()
  while (done.size < dag.length) {
    const ready = dag.filter(({ name, parents }) => !done.has(name) && parents.every((parent) => done.has(parent)))
    const { name } = ready[random() % ready.length] as Drawn
    done.add(name)
    const withoutContent = random() % 4 === 0
    if (withoutContent) late.push(name)
    await follow(replica.deliver(name, { withoutContent }))
    const turned = random() % dag.length
    if (random() % 4 === 0 && done.has(turned) && !late.includes(turned)) {
      await follow(replica.setRevoked(turned, true))
    }
  }
  while (late.length > 0) {
    const [name] = late.splice(random() % late.length, 1) as [number]
    await follow(replica.provide(name))
  }
  // Only those that turn: what waits for others must not need to be given again.
  for (const { name } of dag) {
    if (replica.isRevoked(name) !== revoked.has(name)) await follow(replica.setRevoked(name, revoked.has(name)))
  }
  return { index, reopened: await openIndex(replica, rows, policy) }
}

const nameOf = (id: string): number => {
  for (let name = 0; ; name++) if (idOf(name).toString() === id) return name
}

async function stateIn(index: ChangeIndex, original: number): Promise<NaiveState> {
  const { deleted, shows, changes } = await index.stateOf(idOf(original))
  const standing = await index.standing(idOf(original))
  expect([standing.deleted, standing.shows?.block.toString()]).toEqual([deleted, shows?.id])
  return {
    original,
    deleted,
    shows: shows === undefined ? original : nameOf(shows.id),
    changes: changes.map((change) => nameOf(change.id))
  }
}

describe('change index', () => {
  for (const policy of [authorOnly, moderatedBy(['carol'])]) {
    it(`R31 F1 any delivery order, with crashes in between, gives the versions of the naive reference (${policy.name})`, async () => {
      await fc.assert(
        fc.asyncProperty(dags, fc.uniqueArray(fc.nat({ max: 24 })), choices, async (dag, out, stream) => {
          const revoked = new Set(out.filter((name) => name % 3 === 0 && name < dag.length))
          const expected = naiveStates(dag, revoked, policy.mayChange)
          const hidden = expected.filter(({ original, deleted }) => deleted && !revoked.has(original))
          for (let order = 0; order < 2; order++) {
            const { index, reopened } = await deliver(dag, revoked, policy, () => stream.next().value)
            for (const one of [index, reopened]) {
              const states = []
              for (const { original } of expected) states.push(await stateIn(one, original))
              expect(states).toEqual(expected)
              expect(one.deletedCount).toBe(hidden.length)
              const deleted = []
              for await (const { id } of one.deleted()) deleted.push(nameOf(id.toString()))
              expect(deleted.sort((a, b) => a - b)).toEqual(hidden.map(({ original }) => original))
            }
          }
        }),
        { numRuns: 200 }
      )
    }, 120_000)
  }
})
