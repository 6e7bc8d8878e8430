import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { type ConsumedLog, LogConsumer } from '../src/consumer.ts'

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

async function start(log: ArrayLog, options?: { signal: AbortSignal }) {
  const seen: number[] = []
  const consumer = await LogConsumer.start(
    {
      name: 'reader',
      from: 'beginning',
      log,
      handle: async ({ seq }) => {
        seen.push(seq)
      },
      closed: () => undefined
    },
    options
  )
  return { consumer, seen }
}

describe('a consumer of a log', () => {
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
