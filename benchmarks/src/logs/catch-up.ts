/** A newcomer that is connected already catches up with a log that it knows nothing of. */
import { compare, interleave, type Line } from '../harness.ts'
import { startReader, startWriter } from './actors.ts'
import { withFolders } from './folders.ts'
import { entryBytes, verifyingAlone } from './yardsticks.ts'

/** Measures it with 1,000 and with 5,000 entries; OrbitDB at 5,000 only when there is time: it takes half a minute each. */
export async function measureCatchUp({ long }: { long: boolean }): Promise<Line[]> {
  const short = await measure(1000, ['walytis', 'orbitdb', 'hypercore', 'autobase'], long ? 7 : 3)
  const peers = ['walytis', ...(long ? ['orbitdb'] : []), 'hypercore', 'autobase']
  return [...short, ...(await measure(5000, peers, long ? 5 : 3))]
}

function measure(count: number, systems: string[], rounds: number): Promise<Line[]> {
  return withFolders(async (folder) => {
    const writers = []
    try {
      const parts: Record<string, () => Promise<number>> = { verify: async () => verifyingAlone(count) }
      for (const system of systems) {
        const { actor, where } = await startWriter(system, await folder(system))
        writers.push(actor)
        await actor.tell({ type: 'append', count, size: entryBytes, width: system === 'walytis' ? 64 : 1 })
        parts[system] = async () => {
          const reader = await startReader(system, await folder(`${system}-copy`), where)
          try {
            return await reader.measure({ type: 'follow', where, count })
          } finally {
            await reader.end()
          }
        }
      }
      const values = await interleave(parts, { rounds, warmups: 1 })
      const name = `newcomer catches up, ${count.toLocaleString('en')}`
      const { walytis: ours = [] } = values
      const line = (system: string, label: string, atMost: number): Line[] => {
        const peer = values[system]
        return peer === undefined ? [] : [compare(name, 'ms', ours, peer, label, { atMost })]
      }
      return [
        ...line('orbitdb', 'OrbitDB', 1 / 20),
        ...line('hypercore', 'Hypercore', 1),
        ...line('autobase', 'Autobase', 1),
        ...line('verify', 'verifying alone', 3)
      ]
    } finally {
      for (const writer of writers) await writer.end()
    }
  })
}
