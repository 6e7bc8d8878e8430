import type { AbortOptions } from '@libp2p/interface'
import type { BaseBlockchain, BatchOperation } from 'walytis/interface'
import type { Reader } from './reader.ts'
import { stateOf } from './store/block-row.ts'
import type { ContentStore } from './store/content-store.ts'

/** Blocks read at a time. */
const PAGE = 256

export interface ReindexingComponents {
  readonly base: Pick<BaseBlockchain, 'record'>
  readonly store: ContentStore
  readonly reader: Pick<Reader, 'read'>
}

/**
 * Make the rows by which blocks are found, where they are not there whole: for a store of another version of the index, of another key store
 * (a restored backup), or after a crash in the middle of this. Otherwise nothing is read but one row.
 */
export async function remakeIndex({ base, store, reader }: ReindexingComponents, options: AbortOptions): Promise<void> {
  if (await store.index.isMade()) return
  await store.index.clear()
  for (let after = 0; ; ) {
    options.signal?.throwIfAborted()
    const page = await store.changes({ after, reverse: false }, PAGE)
    const operations: BatchOperation[] = []
    for (const { seq, kind, id } of page) {
      after = seq
      const row = kind === 'block' ? await store.row(id) : undefined
      if (row === undefined || row.revoked || stateOf(row) === 'refused') continue
      const record = await base.record(id)
      const result = record && reader.read({ id, creator: record.block.creator, reference: record.content })
      if (record === undefined || result?.state !== 'read') continue
      const { height, creator, time } = record.block
      const { topics } = result.read.details
      operations.push(...store.index.puts({ id, height, creator, time, arrival: row.ordinal, topics }))
    }
    await store.write(operations, false)
    if (page.length < PAGE) break
  }
  await store.write([store.index.made()])
}
