import type { BlockQuery, SignedBlock } from '../../src/interface/index.ts'

/** A block as a query may look at it. */
export interface QueriedBlock {
  readonly block: SignedBlock
  readonly revoked: boolean
}

/**
 * What a query means, said as directly as can be.
 *
 * @param arrived all known blocks but the genesis, in the order in which they came
 * @returns ids in the order asked for
 */
export function naiveQuery(arrived: readonly QueriedBlock[], query: BlockQuery): string[] {
  const { topics, creator, since, until, after } = query
  let found = [...arrived]
  if (after !== undefined) found = found.slice(1 + found.findIndex(({ block }) => block.id.equals(after)))
  if (query.order !== 'arrival') {
    found.sort((a, b) => a.block.height - b.block.height || Buffer.compare(a.block.id.bytes, b.block.id.bytes))
  }
  found = found.filter(({ block, revoked }) => {
    if (revoked) return false
    if (topics?.all !== undefined && !topics.all.every((topic) => block.topics.includes(topic))) return false
    if (topics?.any !== undefined && !topics.any.some((topic) => block.topics.includes(topic))) return false
    if (creator !== undefined && !creator.equals(block.creator)) return false
    if (since !== undefined && block.time < since.getTime()) return false
    return until === undefined || block.time <= until.getTime()
  })
  if (query.reverse === true) found.reverse()
  return found.slice(0, query.limit).map(({ block }) => block.id.toString())
}
