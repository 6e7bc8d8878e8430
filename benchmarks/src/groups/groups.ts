/** Groups and their cryptography, beside ts-mls and @localfirst/auth: processes of their own, in memory, without sessions. */
import { compare, interleave, type Line, limit } from '../harness.ts'
import { withFolders } from '../logs/folders.ts'
import type { GroupSystem, Loaded } from './contract.ts'
import { withSystem } from './worker.ts'

const members = 100
const removals = 3
/** Without native post-quantum cryptography, which Node has from 26 on, the bars are lower. */
const modern = Number(process.versions.node.split('.')[0]) >= 26

const mls = 'ts-mls, X-Wing and ML-DSA-87'
const localfirst = '@localfirst/auth'

/** Measures it. */
export async function measureGroups({ long }: { long: boolean }): Promise<Line[]> {
  const rounds = long ? 7 : 3
  return [...(await measureActs(rounds)), ...(await measureLoading(rounds)), ...(await measurePrimitives(rounds))]
}

async function measureActs(rounds: number): Promise<Line[]> {
  const acts: Record<string, { act: number[]; process: number[] }> = {}
  const part = (name: string) => () =>
    withSystem<GroupSystem, number>(name, async (system) => {
      await system.prepare(members)
      const admitting = await system.admit()
      const readers = await system.readers()
      if (readers !== members - 1) throw new RangeError(`${readers} of the others read what ${name} writes`)
      acts[name] ??= { act: [], process: [] }
      for (let removed = 0; removed < removals; removed++) {
        const { act, process } = await system.remove()
        acts[name].act.push(act)
        acts[name].process.push(process)
      }
      if (name === 'ts-mls') messages.theirs.push(await system.message())
      return admitting
    })
  const messages = { large: [] as Message[], small: [] as Message[], theirs: [] as Message[] }
  const sending = (into: Message[], size: number) => () =>
    withSystem<Messages, number>('messages', async (system) => {
      const message = await system.measure(size)
      into.push(message)
      return message.make
    })
  const values = await interleave(
    {
      ours: part('walytis'),
      mls: part('ts-mls'),
      large: sending(messages.large, members),
      small: sending(messages.small, 10)
    },
    { rounds, warmups: 0 }
  )
  const { walytis: ours, 'ts-mls': theirs } = acts
  const name = `remove one of ${members}`
  return [
    compare(`admit ${members - 1} members one by one`, 'ms', values.ours, values.mls, mls, {
      atMost: modern ? 1 / 20 : 1 / 8
    }),
    compare(`${name}: act`, 'ms', ours?.act ?? [], theirs?.act ?? [], mls, { atMost: 1 / 10 }),
    compare(`${name}: process`, 'ms', ours?.process ?? [], theirs?.process ?? [], mls, { atMost: 1 / 10 }),
    ...messageLines('make', messages),
    ...messageLines('read', messages)
  ]
}

interface Message {
  readonly make: number
  readonly read: number
}

interface Messages {
  measure(members: number): Promise<Message>
}

function messageLines(what: 'make' | 'read', messages: Record<'large' | 'small' | 'theirs', Message[]>): Line[] {
  const [large, small, theirs] = [messages.large, messages.small, messages.theirs].map((all) =>
    all.map((message) => message[what])
  )
  const name = `256 bytes to a group of ${members}: ${what}`
  return [
    limit(name, 'ms', large ?? [], 1),
    compare(name, 'ms', large ?? [], theirs ?? [], mls, { atMost: 0.33 }),
    compare(name, 'ms', large ?? [], small ?? [], 'to a group of 10', { atMost: 1.5 })
  ]
}

function measureLoading(rounds: number): Promise<Line[]> {
  return withFolders(async (folder) => {
    const saved: Record<string, { folder: string; where: string }> = {}
    for (const name of ['walytis', 'localfirst']) {
      const place = await folder(name)
      const where = await withSystem<GroupSystem, string>(name, async (system) => {
        await system.prepare(members, place)
        await system.admit()
        const found = await system.where()
        await system.close()
        return found
      })
      saved[name] = { folder: place, where }
    }
    const part = (name: string, way: 'load' | 'verify') => () =>
      withSystem<GroupSystem, number>(name, async (system) => {
        const { folder: place, where } = saved[name] ?? { folder: '', where: '' }
        const loaded: Loaded = await system[way](place, where)
        if (loaded.members !== members) throw new RangeError(`${name} has ${loaded.members} members`)
        return loaded.ms
      })
    const values = await interleave(
      { own: part('walytis', 'load'), first: part('walytis', 'verify'), theirs: part('localfirst', 'load') },
      { rounds: 2 * rounds + 1 }
    )
    const name = `group of ${members} in a new process`
    return [
      compare(`${name}: from the own store`, 'ms', values.own, values.theirs, localfirst, { atMost: 1 }),
      compare(`${name}: verified for the first time`, 'ms', values.first, values.theirs, localfirst, {
        atMost: modern ? 2 : 6
      })
    ]
  })
}

interface Primitives {
  measure(): Promise<Record<string, { ours: number; noble: number }>>
}

async function measurePrimitives(rounds: number): Promise<Line[]> {
  const values: Record<string, { ours: number[]; noble: number[] }> = {}
  for (let round = 0; round < rounds; round++) {
    const measured = await withSystem<Primitives, Awaited<ReturnType<Primitives['measure']>>>('primitives', (system) =>
      system.measure()
    )
    for (const [name, { ours, noble }] of Object.entries(measured)) {
      values[name] ??= { ours: [], noble: [] }
      values[name].ours.push(ours)
      values[name].noble.push(noble)
    }
  }
  return Object.entries(values).map(([name, { ours, noble }]) =>
    compare(name, '/s', ours, noble, 'noble', { atLeast: 1 })
  )
}
