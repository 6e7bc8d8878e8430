/** Ours without waiting for the disk, as the peers do it. */
import { join } from 'node:path'
import { createWalytis } from 'walytis'
import { local } from '../local.ts'
import type { Log } from './contract.ts'
import { logOf } from './walytis.ts'

export { reopen } from './walytis.ts'

/** A node whose `add`s resolve once the operating system has them. */
export async function start(folder: string): Promise<Log> {
  return logOf(await createWalytis({ ...local, storage: join(folder, 'node'), durability: 'process' }))
}
