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
})
