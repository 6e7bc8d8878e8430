import { describe, expect, it } from 'vitest'
import { Dialer } from '../../src/membership/dialer.ts'
import { bob } from '../../src/testing/actors.ts'

describe('dialling', () => {
  it('keeps its pauses however often somebody names the peer', async () => {
    let dials = 0
    const failed = Promise.withResolvers<void>()
    const dialer = new Dialer({
      dial: async () => {
        dials++
        throw new RangeError('nobody there')
      },
      isConnected: () => false,
      isWanted: () => true,
      failed: () => {},
      now: () => 0,
      random: () => {
        failed.resolve()
        // far out of its range: the first pause takes a minute
        return 600
      }
    })
    dialer.suggest(bob.peerId)
    await failed.promise
    const turns = async () => {
      for (let i = 0; i < 20; i++) await new Promise((resolve) => setTimeout(resolve, 1))
    }
    for (let i = 0; i < 5; i++) {
      dialer.suggest(bob.peerId)
      await turns()
    }
    expect(dials).toBe(1)
    // who has a reason of its own may
    dialer.want(bob.peerId)
    await turns()
    expect(dials).toBe(2)
    dialer.stop()
  })

  it('says how often a peer could not be reached without a break, and leaves it when it is wanted no longer', async () => {
    const failures: number[] = []
    const left = Promise.withResolvers<void>()
    const dialer = new Dialer({
      dial: () => Promise.reject(new RangeError('nobody there')),
      isConnected: () => false,
      isWanted: () => {
        if (failures.length === 3) left.resolve()
        return failures.length < 3
      },
      failed: (peer, count) => {
        expect(peer).toBe(bob.peerId)
        failures.push(count)
      },
      now: () => 0,
      // no pauses
      random: () => -1
    })
    dialer.want(bob.peerId)
    await left.promise
    expect(failures).toEqual([1, 2, 3])
    dialer.stop()
  })
})
