/*
 * Looks for texts in every byte of a folder: in files as they are, and in what LevelDB's files hold once put together and
 * decompressed. What can't be decoded is an error, never skipped.
 */
import { readdir, readFile } from 'node:fs/promises'
import { basename, join, relative } from 'node:path'
import { ScanError } from '../errors.ts'
import { decodeLog, decodeTable } from './leveldb.ts'
import type { Needle } from './needles.ts'

/** Where a text was found, and in which form. */
export interface Finding {
  readonly text: string
  readonly encoding: string
  /** Relative to the folder, with the view in which it showed: `raw`, `log` or `table`. */
  readonly place: string
}

export interface ScanReport {
  readonly files: number
  /** Bytes looked at, decoded views included. */
  readonly bytes: number
  readonly findings: readonly Finding[]
}

/** @throws {ScanError} when a file of LevelDB can't be decoded, or there are no files at all */
export async function scanFolder(folder: string, needles: readonly Needle[]): Promise<ScanReport> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  if (files.length === 0) throw new ScanError(`there is nothing in ${folder}`)
  const findings: Finding[] = []
  let bytes = 0
  for (const file of files) {
    const content = await readFile(file)
    for (const [view, decoded] of viewsOf(file, content)) {
      bytes += decoded.byteLength
      findings.push(...scanBytes(decoded, needles, `${relative(folder, file)} (${view})`))
    }
    findings.push(...scanBytes(Buffer.from(relative(folder, file)), needles, `name of ${relative(folder, file)}`))
  }
  return { files: files.length, bytes, findings }
}

/** The needles that these bytes hold. */
export function scanBytes(bytes: Uint8Array, needles: readonly Needle[], place: string): Finding[] {
  const haystack = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return needles.flatMap(({ text, forms }) =>
    forms.filter((form) => haystack.includes(form.bytes)).map(({ encoding }) => ({ text, encoding, place }))
  )
}

function viewsOf(file: string, content: Uint8Array): [string, Uint8Array][] {
  const views: [string, Uint8Array][] = [['raw', content]]
  try {
    if (/^(\d+\.log|MANIFEST-\d+)$/.test(basename(file))) views.push(['log', decodeLog(content)])
    if (/^\d+\.(ldb|sst)$/.test(basename(file))) views.push(['table', decodeTable(content)])
  } catch (cause) {
    throw cause instanceof ScanError ? new ScanError(`${cause.reason} (${file})`, { cause }) : cause
  }
  return views
}
