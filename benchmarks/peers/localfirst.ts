/** @localfirst/auth: a team as a graph of signed links, whose members have devices; classical cryptography. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createDevice, createTeam, createUser, loadTeam, type Team } from '@localfirst/auth'

let team: Team | undefined
let saving: (given: Team) => Promise<void>
let founding: unknown
let joiners: { user: unknown; device: unknown }[] = []

export async function prepare(members: number, folder?: string): Promise<void> {
  const person = (name: string) => {
    const user = createUser(name)
    return { user, device: createDevice({ userId: user.userId, deviceName: name }) }
  }
  const founder = person('founder')
  joiners = Array.from({ length: members - 1 }, (_, at) => person(`member ${at}`))
  team = createTeam('bench', founder)
  saving = (given) => writeFile(join(folder ?? '', 'team'), given.save())
  founding = founder
}

export async function admit(): Promise<number> {
  const began = performance.now()
  for (const { user, device } of joiners) team?.addForTesting(user, [], device)
  return performance.now() - began
}

export async function readers(): Promise<number> {
  return (team?.members().length ?? 0) - 1
}

export async function where(): Promise<string> {
  if (team === undefined) throw new RangeError('nothing was prepared')
  await saving(team)
  return JSON.stringify({ founder: founding, keys: team.teamKeyring() }, bytesAsArrays)
}

export async function load(folder: string, given: string): Promise<{ ms: number; members: number }> {
  const { founder, keys } = JSON.parse(given, arraysAsBytes)
  const saved = await readFile(join(folder, 'team'))
  const began = performance.now()
  const loaded = loadTeam(new Uint8Array(saved), founder, keys)
  return { ms: performance.now() - began, members: loaded.members().length }
}

export async function close(): Promise<void> {}

function bytesAsArrays(_: string, value: unknown): unknown {
  return value instanceof Uint8Array ? { bytes: [...value] } : value
}

function arraysAsBytes(_: string, value: { bytes?: number[] } | null): unknown {
  return Array.isArray(value?.bytes) ? Uint8Array.from(value.bytes) : value
}
