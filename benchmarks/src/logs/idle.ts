/** Two nodes that share many chains, on which nothing happens: what that costs. */
import { setTimeout as delay } from 'node:timers/promises'
import { type Line, limit } from '../harness.ts'
import { startActor } from './actors.ts'
import { withFolders } from './folders.ts'

const chains = 50
/** Milliseconds: until all is level and quiet, and then of idleness. */
const settle = 5000
const idle = { short: 10_000, long: 60_000 }
const cpu = 2
const heap = 1

/** Measures processor time in percent of one core, and how much the heap grows. */
export function measureIdle({ long }: { long: boolean }): Promise<Line[]> {
  return withFolders(async (folder) => {
    const writer = await startActor('walytis', await folder('writer'))
    const reader = await startActor('walytis', await folder('reader'))
    const actors = { writer, reader }
    try {
      for (const actor of Object.values(actors)) await actor.tell({ type: 'start' })
      for (let made = 0; made < chains; made++) {
        const where = await writer.ask({ type: 'create' })
        if (made === 0) await reader.tell({ type: 'connect', where })
        await reader.tell({ type: 'follow', where, count: 0 })
      }
      await delay(settle)
      const pause = long ? idle.long : idle.short
      const measure = (type: 'heap' | 'cpu'): Promise<number[]> =>
        Promise.all(Object.values(actors).map((actor) => actor.measure({ type })))
      // collecting garbage costs time of its own, which is not counted
      const heaps = [await measure('heap')]
      const times = [await measure('cpu')]
      await delay(pause)
      times.push(await measure('cpu'))
      heaps.push(await measure('heap'))
      const growth = (samples: number[][], index: number): number =>
        (samples[1]?.[index] ?? 0) - (samples[0]?.[index] ?? 0)
      return Object.keys(actors).flatMap((role, index) => {
        const seconds = `${chains} chains, ${pause / 1000} s`
        return [
          limit(`idle, ${role}: processor`, '%', [(growth(times, index) * 100) / pause], cpu, seconds),
          limit(`idle, ${role}: heap grows`, 'MiB', [growth(heaps, index)], heap, seconds)
        ]
      })
    } finally {
      await reader.end()
      await writer.end()
    }
  })
}
