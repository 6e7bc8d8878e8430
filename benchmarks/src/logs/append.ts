/** Appending: awaited one by one with and without waiting for the disk, and 64 at a time. */
import { openBareLevel } from '../bare-level.ts'
import { compare, interleave, type Line, rate } from '../harness.ts'
import { type Actor, startWriter } from './actors.ts'
import { withFolders } from './folders.ts'
import { entryBytes, openBareLoop } from './yardsticks.ts'

const rounds = 9
const width = 64

/** Measures it. */
export function measureAppend(): Promise<Line[]> {
  return withFolders(async (folder) => {
    const start = async (system: string): Promise<Actor> => (await startWriter(system, await folder(system))).actor
    const ours = await start('walytis')
    const unsynced = await start('walytis-unsynced')
    const peers = {
      orbitdb: await start('orbitdb'),
      hypercore: await start('hypercore'),
      autobase: await start('autobase')
    }
    const level = await openBareLevel(await folder('level'), entryBytes)
    const loop = await openBareLoop(await folder('loop'))
    try {
      const values = await interleave(
        {
          synced: () => perSecond(ours, 300, 1),
          unsynced: () => perSecond(unsynced, 500, 1),
          grouped: () => perSecond(ours, 20 * width, width),
          orbitdb: () => perSecond(peers.orbitdb, 100, 1),
          hypercore: () => perSecond(peers.hypercore, 500, 1),
          autobase: () => perSecond(peers.autobase, 100, 1),
          put: () => rate(300, () => level.put()),
          loop: () => loop.run(20 * width, width)
        },
        { rounds, warmups: 2 }
      )
      const grouped = compare(
        'append, 64 at a time, synced',
        '/s',
        values.grouped,
        values.orbitdb,
        'OrbitDB, awaited',
        {
          atLeast: 20
        }
      )
      const floor = compare('append, 64 at a time, synced', '/s', values.grouped, values.loop, 'bare: sign, 8 rows', {
        atLeast: 0.6
      })
      const either = grouped.met || floor.met
      return [
        compare('append, awaited, unsynced', '/s', values.unsynced, values.orbitdb, 'OrbitDB', { atLeast: 10 }),
        compare('append, awaited, unsynced', '/s', values.unsynced, values.hypercore, 'Hypercore', { atLeast: 1.2 }),
        compare('append, awaited, unsynced', '/s', values.unsynced, values.autobase, 'Autobase', { atLeast: 1 }),
        compare('append, awaited, synced', '/s', values.synced, values.put, 'bare synced put', { atLeast: 0.4 }),
        { ...grouped, bar: `${grouped.bar}, or the next`, met: either },
        { ...floor, bar: `${floor.bar}, or the one before`, met: either }
      ]
    } finally {
      for (const actor of [ours, unsynced, ...Object.values(peers)]) await actor.end()
      await level.close()
      await loop.close()
    }
  })
}

async function perSecond(actor: Actor, count: number, together: number): Promise<number> {
  return (count * 1000) / (await actor.measure({ type: 'append', count, size: entryBytes, width: together }))
}
