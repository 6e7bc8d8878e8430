import { addFile } from '../content/addition.ts'
import { isWhole } from '../content/files.ts'
import { StoreFailedError } from '../errors.ts'
import type { StoredBlock } from '../storage/stored-block.ts'
import type { Chain } from './chain.ts'
import type { WorkOptions } from './writer.ts'

export interface LargeContent {
  readonly source: AsyncIterable<Uint8Array>
  readonly topics: string[]
  /** Told of the bytes taken so far. */
  progress(bytes: number): void
}

/**
 * Write a block with a content of more than 256 KiB: first the content, as it comes, then the block, and with it in one batch the
 * row that makes the content count. A content that the chain has already is not kept twice.
 *
 * @throws {LimitExceededError} more than 256 GiB
 */
export async function appendFile(chain: Chain, content: LargeContent, options: WorkOptions): Promise<StoredBlock> {
  const { files } = chain
  const { source, topics, progress } = content
  const { reference, number } = await addFile(files, source, progress, options.signal)
  /** Nodes that something else makes needless. */
  let needless: number | undefined
  let stored: StoredBlock
  try {
    stored = await files.settle(reference, async () => {
      const build = async () => {
        const known = await files.find(reference)
        needless = isWhole(known) ? number : known?.number
        const batch = needless === number ? [] : [files.whole(reference, number), files.unfinished(number, false)]
        return { content: reference, topics, batch }
      }
      // alone: another addition of the same content must be on the disk, or not begun
      return await chain.append(build, { ...options, alone: true })
    })
  } catch (error) {
    // where the disk failed it may have the block: the next start knows
    if (!(error instanceof StoreFailedError)) await clear(chain, () => files.discard(number))
    throw error
  }
  if (needless === number) await clear(chain, () => files.discard(number))
  else if (needless !== undefined) await clear(chain, () => files.clearNodes(needless ?? number))
  return stored
}

/** What can't be cleared away now costs space until the next start, and fails nobody. */
async function clear(chain: Chain, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    chain.components.report(error)
  }
}
