/** Temporary folders of the log benchmarks. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Runs with a function that makes new folders, all of which are removed at the end. */
export async function withFolders<T>(body: (folder: (name: string) => Promise<string>) => Promise<T>): Promise<T> {
  const base = await mkdtemp(join(tmpdir(), 'bench-logs-'))
  let made = 0
  try {
    return await body(async (name) => {
      const folder = join(base, `${made++}-${name}`)
      await mkdir(folder)
      return folder
    })
  } finally {
    await rm(base, { recursive: true, force: true })
  }
}
