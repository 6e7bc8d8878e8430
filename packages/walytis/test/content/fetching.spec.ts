import { describe, expect, it } from 'vitest'
import { contentIdOf } from '../../src/block/id.ts'
import { Fetching, type FetchingInit } from '../../src/content/fetching.ts'
import { shapeOf } from '../../src/content/shape.ts'
import { StoreFailedError } from '../../src/errors.ts'
import type { FileProgress } from '../../src/replica.ts'
import { alice, bob } from '../../src/testing/actors.ts'

const reference = { root: contentIdOf(new Uint8Array()), size: 1_000_000 }
const { total } = shapeOf(reference.size)

/** A content of which each peer gives what it is told to; pauses end at once. */
function fetchingFrom(given: Record<string, number | Error>, progress: FileProgress = { state: 'partial', stored: 0 }) {
  let now = progress
  const asked: string[] = []
  const init: FetchingInit = {
    reference,
    files: {
      of: async () => undefined,
      progress: async () => now,
      read: () => Promise.reject(new RangeError()),
      append: () => Promise.reject(new RangeError()),
      refuse: () => Promise.reject(new RangeError()),
      complete: async () => {
        now = { state: 'whole', stored: total }
      },
      lacking: async function* () {}
    },
    timers: {
      now: () => 0,
      after: (_, callback) => {
        const timer = setImmediate(callback)
        return () => clearImmediate(timer)
      }
    },
    random: () => 0,
    peers: () => [alice.peerId, bob.peerId],
    from: async (peer) => {
      const name = peer.equals(alice.peerId) ? 'alice' : 'bob'
      asked.push(name)
      const gives = given[name] ?? 0
      if (gives instanceof Error) throw gives
      now = { state: 'partial', stored: Math.min(total, now.stored + gives) }
    },
    ended: () => asked.push('ended')
  }
  return { fetching: new Fetching(init), asked }
}

describe('a content on its way', () => {
  it('is had of one peer as far as that goes, then of the next, and again', async () => {
    const { fetching, asked } = fetchingFrom({ alice: 2, bob: 1 })
    expect(await fetching.wait({})).toBe(true)
    expect(asked).toEqual(['alice', 'bob', 'alice', 'ended'])
  })

  it('that nobody has is left for later when nobody waits for it', async () => {
    const { fetching, asked } = fetchingFrom({})
    await expect(fetching.wait({ ahead: true })).rejects.toMatchObject({ name: 'UnreachableError' })
    expect(asked.slice(0, 2)).toEqual(['alice', 'bob'])
  })

  it('is waited for until the signal', async () => {
    const { fetching } = fetchingFrom({})
    const ending = new AbortController()
    const waiting = fetching.wait({ signal: ending.signal })
    ending.abort(new RangeError('enough'))
    await expect(waiting).rejects.toThrow('enough')
  })

  it('F3 is given up with an error that says so when there is no place for it on the disk', async () => {
    const { fetching, asked } = fetchingFrom({ alice: new StoreFailedError('ENOSPC') })
    await expect(fetching.wait({})).rejects.toMatchObject({ name: 'StoreFailedError', code: 'ENOSPC' })
    expect(asked).toEqual(['alice', 'ended'])
  })

  it('that nobody can have says so at once', async () => {
    const { fetching, asked } = fetchingFrom({}, { state: 'refused', stored: 0 })
    await expect(fetching.wait({})).rejects.toMatchObject({ name: 'InvalidContentError' })
    expect(asked).toEqual(['ended'])
  })
})
