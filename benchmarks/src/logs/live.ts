/**
 * One entry live: from just before A's append until B has stored it, in two processes on loopback; beside echoes between
 * two nodes of ours, synced puts, and what the peers take.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { createWalytis } from 'walytis'
import { openBareLevel } from '../bare-level.ts'
import { openEcho } from '../echo.ts'
import { compare, interleave, type Line, summarise } from '../harness.ts'
import { local } from '../local.ts'
import { elapsed, endPeer, message, startPeer } from '../process.ts'
import { type Actor, startReader, startWriter } from './actors.ts'
import { withFolders } from './folders.ts'
import { entryBytes } from './yardsticks.ts'

const perRound = 30
const rounds = 7
/** Milliseconds between two, so that each travels alone. */
const pause = 8
/** What a delivery of ours may take, in yardsticks of the same run. */
const allowed = { puts: 2, echoes: 4 }

/** Measures it. */
export function measureLive(): Promise<Line[]> {
  return withFolders(async (folder) => {
    const actors: Actor[] = []
    const pair = async (system: string): Promise<() => Promise<number>> => {
      const { actor, where } = await startWriter(system, await folder(system))
      actors.push(actor)
      await actor.tell({ type: 'append', count: 1, size: entryBytes, width: 1 })
      const reader = await startReader(system, await folder(`${system}-copy`), where)
      actors.push(reader)
      await reader.tell({ type: 'follow', where, count: 1 })
      await reader.tell({ type: 'listen' })
      return () => deliver(actor, reader)
    }
    const level = await openBareLevel(await folder('level'), entryBytes)
    const node = await createWalytis(local)
    const echoes = startPeer('echo-peer.ts', [])
    try {
      const { address } = await message(echoes, 'ready')
      const echo = await openEcho(node, address)
      const parts = {
        walytis: await pair('walytis'),
        hypercore: await pair('hypercore'),
        orbitdb: await pair('orbitdb'),
        autobase: await pair('autobase'),
        echo: () => elapsed(echo),
        put: () => elapsed(level.put)
      }
      const values = await sample(parts)
      const [put, back] = [summarise(values.put).median, summarise(values.echo).median]
      const floor = allowed.puts * put + allowed.echoes * back
      const words = `${allowed.puts} puts of ${put.toFixed(2)} + ${allowed.echoes} echoes of ${back.toFixed(2)}`
      return [
        compare('one entry live', 'ms', values.walytis, [floor], words, { atMost: 1 }),
        compare('one entry live', 'ms', values.walytis, values.hypercore, 'Hypercore', { atMost: 1 }),
        compare('one entry live', 'ms', values.walytis, values.orbitdb, 'OrbitDB', { atMost: 1 }),
        compare('one entry live', 'ms', values.walytis, values.autobase, 'Autobase', { atMost: 1 })
      ]
    } finally {
      for (const actor of actors.reverse()) await actor.end()
      await endPeer(echoes)
      await node.stop()
      await level.close()
    }
  })
}

async function deliver(writer: Actor, reader: Actor): Promise<number> {
  const arrival = reader.nextArrival()
  const began = BigInt(await writer.ask({ type: 'append-at', size: entryBytes }))
  return Number((await arrival) - began) / 1e6
}

/** Many of each in a round, in turns; the first round does not count. */
async function sample<Name extends string>(
  parts: Record<Name, () => Promise<number>>
): Promise<Record<Name, number[]>> {
  const names = Object.keys(parts) as Name[]
  const samples = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>
  const bodies = names.map((name) => [
    name,
    async () => {
      for (let index = 0; index < perRound; index++) {
        samples[name].push(await parts[name]())
        await delay(pause)
      }
      return 0
    }
  ])
  await interleave(Object.fromEntries(bodies), { rounds, warmups: 1 })
  for (const name of names) samples[name].splice(0, perRound)
  return samples
}
