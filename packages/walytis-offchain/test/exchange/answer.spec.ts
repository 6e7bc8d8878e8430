import fc from 'fast-check'
import type { CID } from 'multiformats/cid'
import { describe, expect, it } from 'vitest'
import { type AnswerComponents, answer, type Servable } from '../../src/exchange/answer.ts'
import { GIVE_SIZE } from '../../src/exchange/limits.ts'
import { encodeMessage, type Message } from '../../src/exchange/messages.ts'
import { idOf } from '../support/places.ts'

const ours = idOf('epoch since carol joined')
const before = idOf('epoch before')

/** A server that holds some envelopes, before a device that may have those of one epoch. */
function serving(held: { [name: string]: Servable }, sent: Message[], entitled = ours): AnswerComponents {
  const byId = new Map(Object.entries(held).map(([name, servable]) => [idOf(name).toString(), servable]))
  return {
    find: (block: CID) => Promise.resolve(byId.get(block.toString())),
    entitled: (epoch) => Promise.resolve(epoch.equals(entitled)),
    send: (message) => {
      sent.push(message)
      return Promise.resolve(true)
    }
  }
}
const envelope = (size: number) => new Uint8Array(size).fill(1)

describe('an answer', () => {
  it('gives what is held and may be had', async () => {
    const sent: Message[] = []
    await answer([idOf('x'), idOf('y')], serving({ x: { epoch: ours, envelope: envelope(3) } }, sent))
    expect(sent).toEqual([{ kind: 'give', items: [{ block: idOf('x'), envelope: envelope(3) }], missing: [idOf('y')] }])
  })

  it('R30 refuses what is unknown and what is forbidden in the same bytes', async () => {
    const forbidden: Message[] = []
    const unknown: Message[] = []
    await answer([idOf('x')], serving({ x: { epoch: before, envelope: envelope(3) } }, forbidden))
    await answer([idOf('x')], serving({}, unknown))
    expect(forbidden.map(encodeMessage)).toEqual(unknown.map(encodeMessage))
    expect(forbidden).toEqual([{ kind: 'give', items: [], missing: [idOf('x')] }])
  })

  it('comes in pieces, each id in exactly one, whatever is asked', async () => {
    const sizes = fc.array(fc.constantFrom(0, 300, 70_000, 262_144), { minLength: 1, maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(sizes, async (asked) => {
        const held: { [name: string]: Servable } = {}
        asked.forEach((size, index) => {
          if (size > 0) held[`block ${index}`] = { epoch: ours, envelope: envelope(size) }
        })
        const sent: Message[] = []
        const ids = asked.map((_, index) => idOf(`block ${index}`))
        await answer([...ids], serving(held, sent))
        const answered = sent.flatMap((message) =>
          message.kind === 'give' ? [...message.items.map(({ block }) => block), ...message.missing] : []
        )
        const names = (list: readonly CID[]) => list.map(String).sort()
        expect(names(answered)).toEqual(names(ids))
        for (const message of sent) expect(encodeMessage(message).length).toBeLessThan(GIVE_SIZE + 262_144 + 4096)
      })
    )
  })

  it('R14 stops in the middle when the device loses its right', async () => {
    const sent: Message[] = []
    const components = serving(
      { x: { epoch: ours, envelope: envelope(3) }, y: { epoch: ours, envelope: envelope(4) } },
      sent
    )
    let checks = 0
    const removedAfterOne = { ...components, entitled: () => Promise.resolve(checks++ === 0) }
    await answer([idOf('x'), idOf('y')], removedAfterOne)
    expect(sent).toEqual([{ kind: 'give', items: [{ block: idOf('x'), envelope: envelope(3) }], missing: [idOf('y')] }])
  })

  it('ends when the device is gone', async () => {
    const queue = Array.from({ length: 300 }, (_, index) => idOf(`block ${index}`))
    let sent = 0
    await answer(queue, {
      ...serving({}, []),
      send: () => {
        sent++
        return Promise.resolve(false)
      }
    })
    expect(sent).toBe(1)
  })
})
