/** The yardstick for everything that must be on disk: single synced puts into a LevelDB of its own. */
import { randomBytes } from 'node:crypto'
import { Level } from 'level'

/** A bare store. */
export interface BareLevel {
  /** One put that is on disk when it resolves. */
  put(): Promise<void>
  close(): Promise<void>
}

/** Opens a store in `folder`; each put writes `size` random bytes under a rising key. */
export async function openBareLevel(folder: string, size: number): Promise<BareLevel> {
  const level = new Level<string, Uint8Array>(folder, { valueEncoding: 'view' })
  await level.open()
  const value = randomBytes(size)
  let count = 0
  return {
    put: () => level.put(String(count++).padStart(12, '0'), value, { sync: true }),
    close: () => level.close()
  }
}
