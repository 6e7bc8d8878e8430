import { mkdir, mkdtemp, readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { UsageError } from './errors.ts'

/** The folder that was given to be kept, or a temporary one. @throws {UsageError} when the folder to keep is not empty */
export async function folderFor(keep: string | undefined): Promise<string> {
  return keep === undefined ? await mkdtemp(join(tmpdir(), 'endra-demo-')) : await emptyFolder(keep)
}

async function emptyFolder(path: string): Promise<string> {
  const folder = resolve(path)
  await mkdir(folder, { recursive: true })
  if ((await readdir(folder)).length > 0) throw new UsageError(`The folder to keep, ${folder}, is not empty.`)
  return folder
}
