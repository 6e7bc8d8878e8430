import type { AbortOptions, PublicKey } from '@libp2p/interface'
import { changesAfter, changesBefore } from '../change-log.ts'
import { NotFoundError } from '../errors.ts'
import type { BlockQuery } from '../interface/index.ts'
import type { OrderedId } from '../replica.ts'
import type { ChainStore } from '../storage/chain-store.ts'
import { topicPrefix } from '../storage/indexes.ts'
import type { StoredBlock } from '../storage/stored-block.ts'
import { answerQuery, countAnswers, type QueryTuning } from './answer.ts'
import { scan } from './cursor.ts'
import type { QueryIndexes, QuerySource } from './indexes.ts'
import { placeIndexes } from './place-indexes.ts'
import { cursorOf } from './plan.ts'

/** Reading a chain by its own indexes. */

/** Places of known blocks in canonical order, revoked ones and the genesis included. */
export async function* places(
  store: ChainStore,
  filter: { readonly creator?: PublicKey | undefined; readonly topic?: string | undefined } = {}
): AsyncGenerator<OrderedId> {
  const { creator, topic } = filter
  const conditions = { creator, all: topic === undefined ? [] : [topic], any: undefined }
  const cursor = cursorOf(indexesOf(store), conditions, false)
  for (let posting = await cursor.next(); posting !== undefined; posting = await cursor.next()) yield posting
}

/**
 * Blocks in effect that match, without the genesis.
 *
 * @throws {InvalidArgumentError} the query makes no sense
 * @throws {NotFoundError} `after` names an unknown block
 */
export function queryBlocks(
  store: ChainStore,
  query: BlockQuery = {},
  options: AbortOptions = {},
  tuning: QueryTuning = {}
): AsyncGenerator<StoredBlock> {
  return answerQuery(sourceOf(store), query, options, tuning)
}

/**
 * How many such blocks there are.
 *
 * @param total how many blocks are in effect
 * @throws {InvalidArgumentError} the query makes no sense
 * @throws {NotFoundError} `after` names an unknown block
 */
export async function countBlocks(
  store: ChainStore,
  query: BlockQuery,
  total: number,
  options: AbortOptions = {},
  tuning: QueryTuning = {}
): Promise<number> {
  return await countAnswers(sourceOf(store, total), query, options, tuning)
}

function sourceOf(store: ChainStore, total = 0): QuerySource<StoredBlock> {
  return {
    indexes: indexesOf(store),
    blocks: async (ids) => {
      const found = await store.getMany(ids)
      return ids.map((id, index) => {
        const stored = found[index]
        if (stored === undefined) throw store.damagedRecord(id, 'block')
        return stored.revoked || stored.block.chain === null ? undefined : stored
      })
    },
    queried: ({ block }) => block,
    arrivalOf: async (id) => {
      const stored = await store.get(id)
      if (stored === undefined) throw new NotFoundError('block', id.toString())
      return stored.arrival
    },
    total: async () => total
  }
}

function indexesOf(store: ChainStore): QueryIndexes {
  return {
    ...placeIndexes(store),
    topic: (topic, reverse) => scan(store, topicPrefix(topic), reverse),
    changesAfter: async (seq, limit) => await changesAfter(store, seq, limit),
    changesBefore: async (range, limit) => await changesBefore(store, range, limit),
    horizon: () => Number.POSITIVE_INFINITY
  }
}
