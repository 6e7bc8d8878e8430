import fc from 'fast-check'
import { MemoryLevel } from 'memory-level'
import { beforeAll, describe, expect, it } from 'vitest'
import { alice, bob } from '../../src/testing/actors.ts'
import { all, bytes, NOBODY, openLocalNode } from '../support/local-chains.ts'
import { drawnHistory, stageFor } from '../support/plain-history.ts'

type Row = readonly [Uint8Array, Uint8Array]
const RAW = { keyEncoding: 'view', valueEncoding: 'view' } as const

/** What may be said of a store that somebody has damaged: never an error without a name, such as a RangeError. */
// (a block's own bytes are covered by the database's checksums: one that is changed and still reads is a block that breaks a rule)
const NAMED = [
  'StoreCorruptError',
  'DamagedRecordError',
  'InvalidBlockError',
  'NotFoundError',
  'StoreVersionError',
  'ClosedError',
  'WritingStoppedError'
]

/** Damages found to be answered by a wrong error once: index of the row's kind, and what became of the row. */
const FOUND: readonly (readonly [string, number[]])[] = [
  ['m', [1, 2, 3]],
  ['l', [0]],
  ['h', []],
  ['x', [1]],
  ['q', [9]],
  ['b', []]
]

describe('F8 a stored row that is damaged', () => {
  let rows: Row[]
  let chain: string

  beforeAll(async () => {
    const disk: MemoryLevel<string, string> = new MemoryLevel()
    const node = await openLocalNode(undefined, disk)
    const { genesis, block } = await drawnHistory('b1-b2')
    const stage = await stageFor(node, genesis)
    await stage.replica.ingest([genesis, block('b1'), block('b2')], bob.peerId)
    const { blockchain } = await stage.commit()
    await blockchain.add(bytes('carol’s'), { topics: ['topic'] })
    const consumer = await blockchain.consume('application', async () => {})
    await consumer.drained()
    chain = blockchain.id
    await node.chains.stop()
    rows = (await disk.iterator<Uint8Array, Uint8Array>(RAW).all()).map(([key, value]) => [
      new Uint8Array(key),
      new Uint8Array(value)
    ])
  })

  /** Use all of a store with one row replaced; gives the names of the errors that came. */
  async function use(index: number, value: Uint8Array): Promise<string[]> {
    const disk: MemoryLevel<string, string> = new MemoryLevel()
    await disk.batch<Uint8Array, Uint8Array>(
      rows.map(([key, kept], i) => ({ type: 'put', key, value: i === index ? value : kept, ...RAW })),
      {}
    )
    const errors: string[] = []
    const attempt = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
      try {
        return await work()
      } catch (error) {
        errors.push(error instanceof Error ? error.name : String(error))
        return undefined
      }
    }
    const node = await attempt(() => openLocalNode(undefined, disk))
    if (node === undefined) return errors
    await attempt(() => all(node.chains.list()))
    const seams = { signer: alice.signer, accessControl: NOBODY }
    const opened = await attempt(() => node.chains.open(chain, seams))
    if (opened !== undefined) {
      const { blockchain, replica } = opened
      await attempt(async () => {
        for await (const block of blockchain.blocks()) await block.content()
      })
      await attempt(() => all(blockchain.blocks({ order: 'arrival' })))
      await attempt(() => all(blockchain.blocks({ topics: { any: ['topic'] } })))
      await attempt(() => all(blockchain.records()))
      await attempt(() => all(blockchain.forks()))
      await attempt(() => all(replica.ids()))
      const failed = new AbortController()
      await attempt(async () => {
        const onFailure = ({ error }: { error: Error }): void => failed.abort(error)
        const consumer = await blockchain.consume('application', async () => {}, { onFailure })
        await consumer.drained({ signal: failed.signal })
      })
      await attempt(() => blockchain.add(bytes('more')))
    }
    await attempt(() => node.chains.stop())
    return errors
  }

  const indexOf = (kind: string): number =>
    rows.findIndex(([key]) => String.fromCharCode(key[key.indexOf(0x21, 9 + chain.length) + 1] ?? 0) === kind)

  it('is named, however it is damaged', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(),
        fc.oneof(
          fc.uint8Array({ maxLength: 40 }).map((junk) => () => junk),
          fc.nat().map((at) => (value: Uint8Array) => value.slice(0, at % (value.length + 1))),
          fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })).map(([at, flip]) => (value: Uint8Array) => {
            const damaged = value.slice()
            if (damaged.length > 0) damaged[at % damaged.length] = (damaged[at % damaged.length] ?? 0) ^ flip
            return damaged
          })
        ),
        async (row, damage) => {
          const index = row % rows.length
          const errors = await use(index, damage(rows[index]?.[1] ?? new Uint8Array()))
          for (const error of errors)
            expect(NAMED, `row ${Buffer.from(rows[index]?.[0] ?? []).toString('latin1')}`).toContain(error)
        }
      ),
      { numRuns: Number(process.env['WALYTIS_FUZZ'] ?? 200) }
    )
  })

  it.each(FOUND)('is named as once it was not: %s', async (kind, value) => {
    const index = indexOf(kind)
    if (index < 0) return
    for (const error of await use(index, Uint8Array.from(value))) expect(NAMED).toContain(error)
  })
})
