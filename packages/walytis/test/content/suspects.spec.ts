import { describe, expect, it } from 'vitest'
import { MAX_WRONG, WRONG_PAUSE } from '../../src/content/limits.ts'
import { Suspects } from '../../src/content/suspects.ts'
import { alice, bob } from '../../src/testing/actors.ts'

describe('R29 who sends wrong bytes', () => {
  it('is asked for nothing for a while, longer each time, and cut off when it goes on', () => {
    let now = 1_000
    const punished: string[] = []
    const suspects = new Suspects({ now: () => now, punish: (peer) => punished.push(peer.toString()) })
    expect(suspects.has(alice.peerId)).toBe(false)
    suspects.note(alice.peerId)
    expect(suspects.has(alice.peerId)).toBe(true)
    expect(suspects.has(bob.peerId)).toBe(false)
    now += WRONG_PAUSE
    expect(suspects.has(alice.peerId)).toBe(false)
    suspects.note(alice.peerId)
    now += WRONG_PAUSE
    expect(suspects.has(alice.peerId)).toBe(true)
    expect(punished).toEqual([])
    for (let wrong = 2; wrong < MAX_WRONG; wrong++) suspects.note(alice.peerId)
    expect(punished).toEqual([alice.peerId.toString()])
  })
})
