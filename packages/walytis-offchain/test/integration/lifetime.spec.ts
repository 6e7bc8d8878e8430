import { CID } from 'multiformats/cid'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { BatchOperation } from 'walytis/interface'
import { Pool } from '../../src/exchange/pool.ts'
import { Following } from '../../src/following.ts'
import { privately } from '../../src/index.ts'
import { Intake } from '../../src/intake/intake.ts'
import { Reader } from '../../src/reader.ts'
import { ContentStore } from '../../src/store/content-store.ts'
import { arrival, bytes, Cast, type Member, texts } from './members.ts'
import { loseEnvelope } from './stored.ts'

let cast: Cast
let alice: Member

beforeEach(async () => {
  cast = new Cast()
  alice = await cast.founder('alice')
})
afterEach(async () => {
  await cast.end()
})

describe('a private chain', () => {
  it('lives on when the signal that it was opened with ends', async () => {
    await alice.chain.close()
    const opening = new AbortController()
    const chain = await privately(alice.group, { signal: opening.signal })
    opening.abort()
    await chain.add(bytes('still here'))
    expect(await texts(chain)).toEqual(['still here'])
    await chain.close()
  })

  it('is not opened with a signal that has ended, and can be opened then', async () => {
    await alice.chain.close()
    await expect(privately(alice.group, { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' })
    await (await privately(alice.group)).close()
  })

  it('is open once at a time, and what fails to be a second one leaves the first as it was', async () => {
    const bob = await cast.joiner('bob', alice)
    await expect(privately(alice.group)).rejects.toMatchObject({ name: 'InvalidArgumentError' })
    await bob.chain.add(bytes('to the first'))
    await arrival(alice, 'to the first')
    await alice.chain.close()
    const again = await privately(alice.group)
    expect(await texts(again)).toEqual(['to the first'])
    await again.close()
  })
})

describe('a disk that takes nothing more', () => {
  /** A content store whose writes fail while it is told to. */
  class FullDisk {
    full = true
    constructor(store: ContentStore) {
      const write = store.write.bind(store)
      store.write = async (operations: BatchOperation[], sync?: boolean) => {
        if (this.full) throw new RangeError('no space left')
        await write(operations, sync)
      }
    }
  }

  it('F3 is told of, fails who waits for what was to be written, and is tried again', async () => {
    const bob = await cast.joiner('bob', alice)
    await bob.chain.close()
    const { id } = await alice.chain.add(bytes('hello'))
    await expect.poll(async () => await bob.group.blockchain.has(id)).toBe(true)
    const { group } = bob
    const store = await ContentStore.open(group.store, group.blockchain.id, bob.keyStore)
    const disk = new FullDisk(store)
    const reported: unknown[] = []
    const listener = {
      available: () => undefined,
      announced: () => undefined,
      wanted: () => undefined,
      unwanted: () => undefined,
      removed: () => undefined,
      obtained: () => undefined,
      known: () => undefined,
      wrong: () => undefined,
      refused: () => undefined,
      changed: () => undefined
    }
    const report = (error: unknown): void => void reported.push(error)
    const reader = new Reader(CID.parse(group.blockchain.id), group.epochs)
    const base = group.blockchain
    const fetches = (): boolean => true
    const intake = new Intake({ fetches, base, group, store, reader, pool: new Pool(), listener, report, now: () => 0 })
    const following = await Following.start({ group, base, store, intake, report })
    await expect(following.settled()).rejects.toThrow('no space left')
    expect(reported.length).toBeGreaterThan(0)
    disk.full = false
    await expect.poll(async () => await store.row(id)).toBeDefined()
    await following.settled()
    await following.stop()
    await intake.stop()
  })
})

describe('a content that comes late', () => {
  it('is handed to consumers when it has come, though they know of its block', async () => {
    const bob = await cast.joiner('bob', alice)
    const block = await alice.chain.add(bytes('late'))
    await arrival(bob, 'late')
    await bob.chain.close()
    await alice.chain.close()
    await loseEnvelope(bob, block.id)
    const chain = await privately(bob.group)
    const handed: boolean[] = []
    const consumer = await chain.consume('reader', async (change) => {
      handed.push(change.block.available)
    })
    await consumer.drained()
    expect(handed).toContain(false)
    expect(handed).not.toContain(true)
    const before = handed.length
    const giving = await privately(alice.group)
    await chain.whenAvailable(block, { signal: AbortSignal.timeout(10_000) })
    await expect.poll(() => handed.slice(before)).toEqual([true])
    const listed: string[] = []
    for await (const { id } of chain.blocks({ order: 'arrival' })) listed.push(id.toString())
    expect(listed).toEqual([block.id.toString()])
    await chain.close()
    await giving.close()
  })
})
