import type { QuerySource } from 'walytis'
import type { BaseBlockchain, BlockId } from 'walytis/interface'
import { NotFoundError } from './errors.ts'
import { type ContentAccess, type OnChain, onChainOfRecord, PrivateBlockView } from './private-block.ts'
import type { Reader } from './reader.ts'
import { type BlockRow, stateOf } from './store/block-row.ts'
import type { ContentStore } from './store/content-store.ts'

export interface QueryComponents {
  readonly base: Pick<BaseBlockchain, 'record'>
  readonly store: ContentStore
  readonly reader: Reader
  readonly contents: ContentAccess
}

/** The blocks that are shown, for queries: found by this layer's own indexes, and read from the chain beneath. */
export function querySource(components: QueryComponents): QuerySource<PrivateBlockView> {
  const { store } = components
  return {
    indexes: {
      ...store.index.indexes(),
      changesAfter: async (after, limit) => await store.changes({ after, reverse: false }, limit),
      changesBefore: async (range, limit) => await store.changes({ ...range, reverse: true }, limit),
      horizon: () => store.horizon()
    },
    blocks: async (ids) => await Promise.all(ids.map(async (id) => await blockInEffect(components, id))),
    queried: ({ topics, creator, time }) => ({ topics, creator, time: time.getTime() }),
    arrivalOf: async (id) => {
      const row = await store.row(id)
      if (row === undefined || row.ordinal === 0) throw new NotFoundError(id.toString())
      return row.ordinal
    },
    total: async () => await store.tally.total()
  }
}

async function blockInEffect(components: QueryComponents, id: BlockId): Promise<PrivateBlockView | undefined> {
  const [record, row] = await Promise.all([components.base.record(id), components.store.row(id)])
  if (record === undefined || record.revoked || row === undefined) return undefined
  return shownBlock(components, onChainOfRecord(record), row)
}

/** A block as it is shown: undefined while the seed of its epoch is missing, and when it was refused. */
export function shownBlock(
  { reader, contents }: Pick<QueryComponents, 'reader' | 'contents'>,
  onChain: OnChain,
  row: BlockRow
): PrivateBlockView | undefined {
  const state = stateOf(row)
  if (state === 'locked' || state === 'refused') return undefined
  const result = reader.read(onChain)
  return result.state === 'read' ? new PrivateBlockView(onChain, row, result.read.details, contents) : undefined
}
