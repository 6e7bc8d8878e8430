/** Peak memory of each role's process, from its start: of who writes a log, and of who receives it. */
import { compare, type Line, limit } from '../harness.ts'
import { startReader, startWriter } from './actors.ts'
import { withFolders } from './folders.ts'
import { entryBytes } from './yardsticks.ts'

const length = 5000
const roles = ['writer', 'newcomer'] as const
/** Mebibytes above a node of ours that does nothing. */
const aboveIdle = 40
/** Ten times the length may take this much more, which is what the garbage collector leaves lying about. */
const flat = 1.25

type Peaks = Record<(typeof roles)[number] | 'idle', number[]>

/** Measures it; with the length times ten when there is time. */
export function measureMemory({ long }: { long: boolean }): Promise<Line[]> {
  return withFolders(async (folder) => {
    const rounds = long ? 3 : 1
    const run = async (system: string, count: number): Promise<Peaks> => {
      const peaks: Peaks = { writer: [], newcomer: [], idle: [] }
      for (let round = 0; round < rounds; round++) {
        const { actor, where } = await startWriter(system, await folder(system))
        const reader = await startReader(system, await folder(`${system}-copy`), where)
        try {
          // both nodes run, are connected and have done nothing else
          peaks.idle.push(await reader.measure({ type: 'memory' }))
          await actor.tell({ type: 'append', count, size: entryBytes, width: system === 'walytis' ? 64 : 1 })
          await reader.tell({ type: 'follow', where, count })
          peaks.writer.push(await actor.measure({ type: 'memory' }))
          peaks.newcomer.push(await reader.measure({ type: 'memory' }))
        } finally {
          await reader.end()
          await actor.end()
        }
      }
      return peaks
    }
    const ours = await run('walytis', length)
    // OrbitDB needs a quarter of a minute for each run
    const orbitdb = await run('orbitdb', long ? length : 1000)
    const longer = long ? await run('walytis', 10 * length) : undefined
    const idle = Math.min(...ours.idle)
    return roles.flatMap((role) => [
      compare(`peak memory, ${role}`, 'MiB', ours[role], orbitdb[role], long ? 'OrbitDB' : 'OrbitDB, 1,000 entries', {
        atMost: 0.9
      }),
      limit(
        `peak memory above idle, ${role}`,
        'MiB',
        ours[role].map((peak) => peak - idle),
        aboveIdle
      ),
      ...(longer === undefined
        ? []
        : [compare(`peak memory, 50,000, ${role}`, 'MiB', longer[role], ours[role], 'ours, 5,000', { atMost: flat })])
    ])
  })
}
