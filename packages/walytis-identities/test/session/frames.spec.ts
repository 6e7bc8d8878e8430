import { describe, expect, it } from 'vitest'
import { FrameOpener, FrameSealer } from '../../src/session/frames.ts'

const key = new Uint8Array(32).fill(3)
const text = (value: string) => new TextEncoder().encode(value)
const message = (value: string) => ({ kind: 'message' as const, payload: text(value) })

function pair(limits = { bytes: 1000, time: 1000 }) {
  const clock = { now: 0 }
  return { clock, sealer: new FrameSealer(key, () => clock.now, limits), opener: new FrameOpener(key) }
}

describe('frames', () => {
  it('come out as they went in, and end', () => {
    const { sealer, opener } = pair()
    const frames = [message('one'), message(''), { kind: 'end' as const }].flatMap((frame) => sealer.seal(frame))
    expect(frames.map((frame) => opener.open(frame))).toEqual([message('one'), message(''), { kind: 'end' }])
    expect(opener.open(sealer.seal(message('after'))[0] ?? key)).toBeUndefined()
  })

  it('R27 do not open when one was injected, reordered, replayed, dropped or changed, nor does any after it', () => {
    const attacks: Record<string, (frames: Uint8Array[]) => Uint8Array[]> = {
      injected: ([a, b, c]) => [a, new Uint8Array(40), b, c].filter((frame) => frame !== undefined),
      'injected under another key': ([a, b, c]) =>
        [a, ...new FrameSealer(new Uint8Array(32), () => 0).seal(message('x')), b, c].filter(
          (one) => one !== undefined
        ),
      reordered: ([a, b, c]) => [a, c, b].filter((frame) => frame !== undefined),
      replayed: ([a, b, c]) => [a, a, b, c].filter((frame) => frame !== undefined),
      dropped: ([a, , c]) => [a, c].filter((frame) => frame !== undefined),
      changed: ([a, b, c]) =>
        [a, b?.map((byte, at) => (at === 5 ? byte ^ 1 : byte)), c].filter((one) => one !== undefined)
    }
    for (const [name, attack] of Object.entries(attacks)) {
      const { sealer, opener } = pair()
      const frames = ['a', 'b', 'c'].flatMap((value) => sealer.seal(message(value)))
      const opened = attack(frames).map((frame) => opener.open(frame))
      expect([name, opened[0]]).toEqual([name, message('a')])
      expect([name, opened.slice(1).every((frame) => frame === undefined)]).toEqual([name, true])
    }
  })

  it('change their key by traffic', () => {
    const { sealer, opener } = pair({ bytes: 100, time: 1000 })
    const kinds = Array.from({ length: 12 }, () => sealer.seal(message('x'.repeat(30))))
      .flat()
      .map((frame) => opener.open(frame)?.kind)
    expect(kinds.filter((kind) => kind === 'rekey')).toHaveLength(2)
    expect(kinds.filter((kind) => kind === 'message')).toHaveLength(12)
  })

  it('change their key by time of use', () => {
    const { sealer, opener, clock } = pair()
    expect(sealer.seal(message('a')).map((frame) => opener.open(frame)?.kind)).toEqual(['message'])
    clock.now = 999
    expect(sealer.seal(message('b')).map((frame) => opener.open(frame)?.kind)).toEqual(['message'])
    clock.now = 1000
    expect(sealer.seal(message('c')).map((frame) => opener.open(frame)?.kind)).toEqual(['rekey', 'message'])
    clock.now = 1999
    expect(sealer.seal(message('d')).map((frame) => opener.open(frame)?.kind)).toEqual(['message'])
  })

  it('F6 change their key when the clock was set back, which would else keep it for years', () => {
    const { sealer, opener, clock } = pair()
    const tenYears = 10 * 365 * 24 * 3600 * 1000
    expect(sealer.seal(message('a')).map((frame) => opener.open(frame)?.kind)).toEqual(['message'])
    clock.now = -tenYears
    expect(sealer.seal(message('b')).map((frame) => opener.open(frame)?.kind)).toEqual(['rekey', 'message'])
    expect(sealer.seal(message('c')).map((frame) => opener.open(frame)?.kind)).toEqual(['message'])
    clock.now = tenYears
    expect(sealer.seal(message('d')).map((frame) => opener.open(frame)?.kind)).toEqual(['rekey', 'message'])
  })
})
