/*
 * Looks for what was said in everything that the devices have left: on their disks, and on the wire between them. Each search
 * first has to find a text that was planted for it.
 */

import { randomUUID } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { needleFor } from './scan/needles.ts'
import { plantLevelDb } from './scan/planted-leveldb.ts'
import { type Finding, scanBytes, scanFolder } from './scan/scan.ts'
import { CAST, type Role, type Stage } from './stage.ts'
import type { Transcript } from './transcript.ts'
import { recordPlanted } from './wire/planted-traffic.ts'

export interface Inspection {
  /** How many of the planted texts were found, of how many. */
  readonly planted: { readonly found: number; readonly of: number }
  readonly onDisk: readonly Finding[]
  readonly onWire: readonly Finding[]
  readonly bytes: { readonly disk: number; readonly wire: number }
  /** Devices whose processes have run, counted by their folders that hold something. */
  readonly folders: number
}

/** The devices must have stopped. */
export async function inspect(stage: Stage, secrets: readonly string[], transcript: Transcript): Promise<Inspection> {
  transcript.heading('Is anything of it in clear?')
  const needles = secrets.map(needleFor)
  const planted = await findPlanted(stage)
  transcript.line('search', `finds ${planted.found} of ${planted.of} planted texts`)

  const onDisk: Finding[] = []
  let disk = 0
  let folders = 0
  for (const role of Object.keys(CAST) as Role[]) {
    const { files, bytes, findings } = await scanFolder(stage.folderOf(role), needles)
    transcript.line('search', `${findings.length} of ${needles.length} texts in ${files} files of ${CAST[role]}`)
    onDisk.push(...findings)
    disk += bytes
    folders += 1
  }
  const traffic = stage.traffic()
  const wire = traffic.reduce((sum, { byteLength }) => sum + byteLength, 0)
  const onWire = traffic.flatMap((bytes, index) => scanBytes(bytes, needles, `stream ${index}`))
  transcript.line('search', `${onWire.length} of ${needles.length} texts in ${wire} bytes on the wire`)
  for (const { text, encoding, place } of [...onDisk, ...onWire]) {
    transcript.line('search', `FOUND "${text}" as ${encoding} in ${place}`)
  }
  return { planted, onDisk, onWire, bytes: { disk, wire }, folders }
}

/**
 * Plant a text of its own in each place where one could be: as a file in each device's folder, in the log and in a compressed
 * table of a LevelDB, and on a connection through a recording proxy.
 */
async function findPlanted(stage: Stage): Promise<{ found: number; of: number }> {
  const found: boolean[] = []
  for (const role of Object.keys(CAST) as Role[]) {
    const text = `planted ${randomUUID()}`
    const file = join(stage.folderOf(role), 'planted.bin')
    await writeFile(file, Buffer.concat([Buffer.alloc(1000, 1), Buffer.from(text), Buffer.alloc(1000, 2)]))
    found.push((await scanFolder(stage.folderOf(role), [needleFor(text)])).findings.length > 0)
    await rm(file)
  }
  const folder = join(stage.init.root, 'planted')
  const { inLog, inTable } = await plantLevelDb(folder)
  const { findings } = await scanFolder(folder, [inLog, inTable].map(needleFor))
  found.push(...[inLog, inTable].map((text) => findings.some((finding) => finding.text === text)))
  await rm(folder, { recursive: true })

  const text = `planted ${randomUUID()}`
  const recorded = await recordPlanted(text)
  found.push(recorded.some((bytes) => scanBytes(bytes, [needleFor(text)], 'wire').length > 0))
  return { found: found.filter(Boolean).length, of: found.length }
}
