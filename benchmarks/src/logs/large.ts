/** A long chain: opening it on a node that runs, beside reading all of it. */
import { compare, interleave, type Line } from '../harness.ts'
import { startActor, startWriter } from './actors.ts'
import { withFolders } from './folders.ts'
import { entryBytes } from './yardsticks.ts'

const length = 100_000
/** Opening takes at most this part of reading all. */
const part = 0.05

/** Measures it, when there is time. */
export function measureLarge({ long }: { long: boolean }): Promise<Line[]> {
  if (!long) return Promise.resolve([])
  return withFolders(async (folder) => {
    const place = await folder('walytis')
    const { actor, where } = await startWriter('walytis', place)
    await actor.tell({ type: 'append', count: length, size: entryBytes, width: 64 })
    await actor.end()
    const opened: number[] = []
    const run = async (): Promise<number> => {
      const again = await startActor('walytis', place)
      try {
        opened.push((await again.tell({ type: 'reopen', where })).alone ?? Number.NaN)
        return await again.measure({ type: 'read', count: length })
      } finally {
        await again.end()
      }
    }
    const { read } = await interleave({ read: run }, { rounds: 3, warmups: 0 })
    return [compare('open 100,000 on a running node', 'ms', opened, read, 'reading all of it', { atMost: part })]
  })
}
