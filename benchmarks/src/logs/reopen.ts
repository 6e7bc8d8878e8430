/** A log of an earlier process: opened again, and read from beginning to end; how opening grows with the length. */
import { compare, interleave, type Line } from '../harness.ts'
import { type Actor, startActor, startWriter } from './actors.ts'
import { withFolders } from './folders.ts'
import { entryBytes } from './yardsticks.ts'

const length = 5000
const shorter = 500
/** A tenth of the length may open this much faster, which is noise. */
const flat = 1.5

/** Measures it. */
export function measureReopen({ long }: { long: boolean }): Promise<Line[]> {
  return withFolders(async (folder) => {
    const open: Record<string, (read: boolean) => Promise<{ opened: number; both: number }>> = {}
    const systems = ['walytis', 'hypercore', 'autobase', ...(long ? ['orbitdb'] : [])]
    const make = async (name: string, system: string, count: number): Promise<void> => {
      const place = await folder(name)
      const { actor, where } = await startWriter(system, place)
      await actor.tell({ type: 'append', count, size: entryBytes, width: system === 'orbitdb' ? 1 : 64 })
      await actor.end()
      open[name] = (read) => reopened(system, place, where, read ? count : undefined)
    }
    for (const system of systems) await make(system, system, length)
    await make('short', 'walytis', shorter)
    const opened: number[] = []
    const parts = Object.entries(open).map(([name, act]) => [
      name,
      async () => {
        const { opened: alone, both } = await act(name !== 'short')
        if (name === 'walytis') opened.push(alone)
        return both
      }
    ])
    const warmups = 1
    const values: Record<string, number[]> = await interleave(Object.fromEntries(parts), {
      rounds: long ? 7 : 5,
      warmups
    })
    const { walytis: ours = [], short = [] } = values
    const line = (system: string, label: string): Line[] => {
      const peer = values[system]
      const name = `reopen and read all ${length.toLocaleString('en')}`
      return peer === undefined ? [] : [compare(name, 'ms', ours, peer, label, { atMost: 1 })]
    }
    return [
      ...line('hypercore', 'Hypercore'),
      ...line('autobase', 'Autobase, with its view'),
      ...line('orbitdb', 'OrbitDB'),
      compare('open alone, flat in the length', 'ms', opened.slice(warmups), short, `${shorter} entries`, {
        atMost: flat
      })
    ]
  })
}

async function reopened(
  system: string,
  folder: string,
  where: string,
  count: number | undefined
): Promise<{ opened: number; both: number }> {
  const actor: Actor = await startActor(system, folder)
  try {
    const opened = await actor.measure({ type: 'reopen', where })
    const read = count === undefined ? 0 : await actor.measure({ type: 'read', count })
    return { opened, both: opened + read }
  } finally {
    await actor.end()
  }
}
