import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { FolderFindings } from './folder-findings.ts'
import { readLog } from './leveldb-log.ts'
import { readManifest } from './leveldb-manifest.ts'

/** How often a folder is looked at again because another process changed it meanwhile. */
const LOOKS = 3

/**
 * Look at a folder before it is opened as a database, without touching it. LevelDB would make a new database where only its first file is
 * missing, delete the tables that the new one doesn't know, and pass over missing logs and damaged records of logs in silence.
 */
export async function inspectFolder(location: string): Promise<FolderFindings> {
  for (let look = 0; look < LOOKS; look++) {
    const before = await listing(location)
    // No folder, or none that may be listed: opening it says what is the matter.
    if (before === undefined) return { state: 'new' }
    const damage = await damageOf(location, before)
    if (damage === undefined) return { state: before.has('CURRENT') ? 'held' : 'new' }
    // A process that has it open changes the files, which may look like damage for a moment.
    if (same(before, await listing(location))) return { state: 'held', damage }
  }
  return { state: 'held' }
}

type Listing = ReadonlyMap<string, number>

async function listing(location: string): Promise<Listing | undefined> {
  const names = await orUndefined(readdir(location))
  if (names === undefined) return undefined
  const sizes = new Map<string, number>()
  for (const name of names) {
    const found = await orUndefined(stat(join(location, name)))
    if (found?.isFile()) sizes.set(name, found.size)
  }
  return sizes
}

function same(one: Listing, other: Listing | undefined): boolean {
  return one.size === other?.size && [...one].every(([name, size]) => other.get(name) === size)
}

async function damageOf(location: string, files: Listing): Promise<FolderFindings['damage']> {
  if (!files.has('CURRENT')) {
    // The first file of all is the first manifest: where there is nothing else, making the database was interrupted.
    const left = [...files.keys()].some((name) => /^\d+\.(ldb|sst|log)$|^MANIFEST-(?!0*1$)/.test(name))
    return left ? { file: 'CURRENT', how: 'is missing' } : undefined
  }
  const named = text(await orUndefined(readFile(join(location, 'CURRENT'))))
  const manifest = /^(MANIFEST-\d+)\n$/.exec(named)?.[1]
  if (manifest === undefined) return { file: 'CURRENT', how: 'names no manifest' }
  const edits = await orUndefined(readFile(join(location, manifest)))
  if (edits === undefined) return { file: manifest, how: 'is missing' }
  const held = readManifest(edits)
  if (held === undefined) return { file: manifest, how: 'is damaged' }
  for (const [number, size] of held.tables) {
    const file = [`${padded(number)}.ldb`, `${padded(number)}.sst`].find((name) => files.has(name))
    if (file === undefined) return { file: `${padded(number)}.ldb`, how: 'is missing' }
    if (files.get(file) !== size) return { file, how: `does not have the ${size} bytes that were written` }
  }
  // Older logs are in tables already, and about to be deleted.
  if (held.log !== 0 && !files.has(`${padded(held.log)}.log`)) {
    return { file: `${padded(held.log)}.log`, how: 'is missing' }
  }
  for (const file of [...files.keys()].sort()) {
    const number = /^(\d+)\.log$/.exec(file)?.[1]
    if (number === undefined || Number(number) < held.log) continue
    const log = await orUndefined(readFile(join(location, file)))
    if (log === undefined) return { file, how: "can't be read" }
    const { damagedAt } = readLog(log)
    if (damagedAt !== undefined) {
      return { file, how: `is damaged at byte ${damagedAt}, and goes on behind it` }
    }
  }
  return undefined
}

function padded(number: number): string {
  return `${number}`.padStart(6, '0')
}

function text(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? '' : new TextDecoder().decode(bytes)
}

/** What a file system says, or undefined where it says that there is nothing, or nothing to be read. */
async function orUndefined<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked
  } catch (error) {
    if (error instanceof Error && 'code' in error) return undefined
    throw error
  }
}
