import { describe, expect, it } from 'vitest'
import { EventLog } from '../../src/server/event-log.ts'

describe('the log of events', () => {
  it('gives what came after an event, in order', () => {
    const log = new EventLog<string>(10)
    for (const event of ['a', 'b', 'c']) log.add(event)
    expect(log.since(1)).toEqual([
      { seq: 2, event: 'b' },
      { seq: 3, event: 'c' }
    ])
    expect(log.since(3)).toEqual([])
    expect(log.since(0)).toHaveLength(3)
  })

  it.each([-1, 4, 0.5, Number.NaN])('knows nothing of event %s', (seq) => {
    const log = new EventLog<string>(10)
    for (const event of ['a', 'b', 'c']) log.add(event)
    expect(log.since(seq)).toBeUndefined()
  })

  it('says when something is kept no more, and never keeps more than twice as much as it was told', () => {
    const log = new EventLog<number>(10)
    for (let event = 1; event <= 1000; event += 1) {
      log.add(event)
      const kept = log.since(Math.max(0, event - 10))
      expect(kept?.at(-1)?.event).toBe(event)
    }
    expect(log.since(979)).toBeUndefined()
    expect(log.since(990)?.map(({ event }) => event)).toEqual([991, 992, 993, 994, 995, 996, 997, 998, 999, 1000])
  })

  it('tells followers until they have enough', () => {
    const log = new EventLog<string>(10)
    const heard: string[] = []
    const end = log.follow((seq, event) => void heard.push(`${seq} ${event}`))
    log.add('a')
    end()
    log.add('b')
    expect(heard).toEqual(['1 a'])
  })
})
