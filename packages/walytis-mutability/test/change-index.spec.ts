import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ChangeIndex } from '../src/change-index.ts'
import type { MayChange } from '../src/interface.ts'
import { sameAuthor } from '../src/permission.ts'
import { type NaiveState, naiveStates } from './reference/naive.ts'
import { type Drawn, DrawnReplica, idOf } from './support/drawn-chain.ts'

const never = new AbortController().signal

/** Carol moderates: she may delete and restore everything, and what she deleted only she brings back or edits. */
const moderated: MayChange = (change, original, state) => {
  if (change.author === 'carol') return change.kind !== 'update'
  return (
    change.author === original.author &&
    !state.latest.some(({ kind, author }) => kind === 'delete' && author === 'carol')
  )
}

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

/** Random numbers for one delivery: which block next, what comes late, what is revoked. */
const choices = fc.infiniteStream(fc.nat({ max: 0xffff }))

/** Hand a DAG to an index in some causal order, with contents that come late and blocks that go out of effect and back. */
async function deliver(
  dag: readonly Drawn[],
  revoked: ReadonlySet<number>,
  mayChange: MayChange,
  random: () => number
) {
  const replica = new DrawnReplica(dag)
  const index = new ChangeIndex(replica, mayChange, never)
  const follow = async (block: Parameters<ChangeIndex['refresh']>[0]): Promise<void> => {
    await index.refresh(block)
    for (const waiting of index.release(block.id.toString())) await follow(waiting)
  }
  const late: { name: number; followed: Promise<void> }[] = []
  const done = new Set<number>()
  while (done.size < dag.length) {
    const ready = dag.filter(({ name, parents }) => !done.has(name) && parents.every((parent) => done.has(parent)))
    const { name } = ready[random() % ready.length] as Drawn
    done.add(name)
    if (random() % 4 === 0) {
      late.push({ name, followed: follow(replica.deliver(name, { withoutContent: true })) })
    } else {
      await follow(replica.deliver(name))
    }
    const turned = random() % dag.length
    if (random() % 4 === 0 && done.has(turned) && !late.some(({ name }) => name === turned)) {
      await follow(replica.setRevoked(turned, true))
    }
  }
  while (late.length > 0) {
    const [{ name, followed }] = late.splice(random() % late.length, 1) as [(typeof late)[number]]
    replica.provide(name)
    await followed
  }
  for (const { name } of dag) await follow(replica.setRevoked(name, revoked.has(name)))
  await index.settled()
  return index
}

function stateIn(index: ChangeIndex, original: number): NaiveState {
  const { deleted, shows, changes } = index.stateOf(idOf(original).toString())
  const nameOf = (id: string): number => {
    for (let name = 0; ; name++) if (idOf(name).toString() === id) return name
  }
  return {
    original,
    deleted,
    shows: shows === undefined ? original : nameOf(shows.id),
    changes: changes.map((change) => nameOf(change.id))
  }
}

describe('change index', () => {
  for (const [title, mayChange] of [
    ['same author', sameAuthor],
    ['moderated', moderated]
  ] as const) {
    it(`R31 any delivery order gives the versions of the naive reference (${title})`, async () => {
      await fc.assert(
        fc.asyncProperty(dags, fc.uniqueArray(fc.nat({ max: 24 })), choices, async (dag, out, stream) => {
          const revoked = new Set(out.filter((name) => name % 3 === 0 && name < dag.length))
          const expected = naiveStates(dag, revoked, mayChange)
          for (let order = 0; order < 2; order++) {
            const index = await deliver(dag, revoked, mayChange, () => stream.next().value)
            expect(expected.map(({ original }) => stateIn(index, original))).toEqual(expected)
          }
        }),
        { numRuns: 500 }
      )
    }, 120_000)
  }
})
