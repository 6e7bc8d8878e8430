import { getEventListeners } from 'node:events'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { CHANGES_PER_CHECKPOINT } from '../src/constants.ts'
import { type ConsumedLog, LogConsumer } from '../src/consumer.ts'
import type { ConsumeOptions, ConsumerFailure } from '../src/interface/index.ts'

interface Numbered {
  readonly seq: number
}

/** A log in memory. Numbers in `gaps` were given to writes that never happened; reading fails as often as told. */
class ArrayLog implements ConsumedLog<Numbered> {
  readonly listeners = new Set<() => void>()
  failures = 0
  reads = 0
  #cursor: number | undefined
  #last = 0
  readonly #gaps = new Set<number>()

  last(): number {
    return this.#last
  }

  async after(seq: number): Promise<Numbered[]> {
    this.reads++
    if (this.failures > 0) {
      this.failures--
      throw new RangeError('the disk is not there')
    }
    const all = Array.from({ length: this.#last }, (_, index) => ({ seq: index + 1 }))
    return all.filter((change) => change.seq > seq && !this.#gaps.has(change.seq)).slice(0, 2)
  }

  async cursor(): Promise<number | undefined> {
    return this.#cursor
  }

  async moveCursor(seq: number): Promise<void> {
    this.#cursor = seq
  }

  watch(grown: () => void): () => void {
    this.listeners.add(grown)
    return () => this.listeners.delete(grown)
  }

  grow(count: number, options: { lost?: boolean } = {}): void {
    for (let added = 0; added < count; added++) {
      this.#last++
      if (options.lost === true) this.#gaps.add(this.#last)
    }
    for (const grown of this.listeners) grown()
  }
}

async function start(log: ArrayLog, options: ConsumeOptions = {}, handler: (seq: number) => void = () => {}) {
  const seen: number[] = []
  const reported: unknown[] = []
  const consumer = await LogConsumer.start(
    {
      name: 'reader',
      from: 'beginning',
      log,
      handle: async ({ seq }) => {
        handler(seq)
        seen.push(seq)
      },
      closed: () => undefined,
      report: (error) => reported.push(error)
    },
    options
  )
  return { consumer, seen, reported }
}

describe('a consumer of a log', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  it('goes on where it stood', async () => {
    const log = new ArrayLog()
    log.grow(3)
    const { consumer, seen } = await start(log)
    await consumer.drained()
    await consumer.close()
    log.grow(2)
    const again = await start(log)
    await again.consumer.drained()
    expect([...seen, ...again.seen]).toEqual([1, 2, 3, 4, 5])
    await again.consumer.close()
    expect(log.listeners.size).toBe(0)
  })

  it('F2 notes how far it has come after its checkpoint, once in a while and when it closes', async () => {
    const log = new ArrayLog()
    const noted: (number | undefined)[] = []
    const checkpoint = async (): Promise<void> => void noted.push(await log.cursor())
    log.grow(CHANGES_PER_CHECKPOINT - 1)
    const { consumer } = await start(log, { checkpoint })
    await consumer.drained()
    expect([noted, await log.cursor()]).toEqual([[], 0])
    log.grow(2)
    await consumer.drained()
    expect([noted, await log.cursor()]).toEqual([[0], CHANGES_PER_CHECKPOINT])
    await Promise.all([consumer.close(), consumer.close()])
    expect([noted, await log.cursor()]).toEqual([[0, CHANGES_PER_CHECKPOINT], CHANGES_PER_CHECKPOINT + 1])
    const again = await start(log, { checkpoint })
    await again.consumer.close()
    expect(noted.length).toBe(2)
  })

  it('F2 F3 does not move its cursor while its checkpoint fails, and is handed the changes again', async () => {
    const log = new ArrayLog()
    log.grow(3)
    const full = new RangeError('the disk is full')
    const first = await start(log, { checkpoint: () => Promise.reject(full) })
    await first.consumer.drained()
    await first.consumer.close()
    expect(first.reported).toEqual([full])
    const second = await start(log)
    await second.consumer.drained()
    expect(second.seen).toEqual([1, 2, 3])
    await second.consumer.close()
  })

  it('F3 reads again, after a pause, what could not be read', async () => {
    const log = new ArrayLog()
    log.failures = 2
    log.grow(3)
    const { consumer, seen } = await start(log)
    await expect.poll(() => consumer.failure?.message).toBe('the disk is not there')
    await consumer.drained()
    expect(seen).toEqual([1, 2, 3])
    expect(consumer.failure).toBe(undefined)
    expect(log.reads).toBeLessThan(8)
    await consumer.close()
  })

  it('tells of each failure, and tries again after pauses that double up to a bound', async () => {
    vi.useFakeTimers()
    const log = new ArrayLog()
    log.grow(2)
    const told: ConsumerFailure[] = []
    let failures = 12
    const { consumer, seen } = await start(log, { onFailure: (failure) => told.push(failure) }, (seq) => {
      if (seq === 2 && failures-- > 0) throw new RangeError('not now')
    })
    await vi.advanceTimersByTimeAsync(600_000)
    expect(seen).toEqual([1, 2])
    expect(told.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
    const pauses = told.map(({ retryIn }) => retryIn)
    expect(pauses).toEqual([50, 100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000])
    expect(told[0]).toMatchObject({ consumer: 'reader', error: { name: 'RangeError', message: 'not now' } })
    expect(consumer.failure).toBe(undefined)
    await consumer.close()
  })

  it('is not stopped by a listener of its failures that fails itself', async () => {
    const log = new ArrayLog()
    log.failures = 1
    log.grow(1)
    const onFailure = () => {
      throw new RangeError('careless')
    }
    const { consumer, seen, reported } = await start(log, { onFailure })
    await consumer.drained()
    expect(seen).toEqual([1])
    expect(reported).toMatchObject([{ message: 'careless' }])
    await consumer.close()
  })

  it('can be closed while it waits to try again', async () => {
    const log = new ArrayLog()
    log.grow(1)
    const failed = Promise.withResolvers<ConsumerFailure>()
    const { consumer, seen } = await start(log, { onFailure: failed.resolve }, () => {
      throw new RangeError('never')
    })
    await failed.promise
    await consumer.close()
    await expect(consumer.drained()).rejects.toMatchObject({ name: 'ClosedError' })
    expect(seen).toEqual([])
    expect(await log.cursor()).toBe(0)
  })

  it('passes numbers that stand for nothing', async () => {
    const log = new ArrayLog()
    log.grow(1)
    log.grow(2, { lost: true })
    const { consumer, seen } = await start(log)
    await consumer.drained()
    log.grow(1)
    await consumer.drained()
    expect(seen).toEqual([1, 4])
    await consumer.close()
  })

  it('leaves nothing behind at a signal that outlives it', async () => {
    const { signal } = new AbortController()
    const log = new ArrayLog()
    const { consumer } = await start(log, { signal })
    for (let round = 0; round < 5; round++) {
      log.grow(3)
      await consumer.drained({ signal })
    }
    await consumer.close()
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })
})
