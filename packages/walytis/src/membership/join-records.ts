import { encode } from '@ipld/dag-cbor'
import { decodeCanonical, hasFields, isCount } from '../canonical.ts'
import type { ChainFactory } from '../chain-factory.ts'
import type { BatchOperation, Store } from '../interface/index.ts'

/** What is remembered of a chain that is being received, so that it can be gone on with after a stop or a crash. */
export interface JoinRecord {
  /** Ids of the peers that were named for it. */
  readonly named: readonly string[]
  /** When it was begun or gone on with last, in milliseconds since 1970. */
  readonly since: number
}

const MAX_NAMED = 64
/** Milliseconds after which a join that nobody has gone on with is cleared away: 30 days. */
const LONGEST_PAUSE = 30 * 86_400_000

/** The records of a node's unfinished joins. */
export class JoinRecords {
  private readonly rows: ReturnType<typeof openRows>

  constructor(store: Store) {
    this.rows = openRows(store)
  }

  /** To be written in the batch that says that the chain is being received. */
  put(chain: string, { named, since }: JoinRecord): BatchOperation {
    const value: Uint8Array = encode({ v: 1, named: named.slice(0, MAX_NAMED), since })
    return { type: 'put', sublevel: this.rows, key: chain, value }
  }

  /** To be written in the batch that says that the chain is complete. */
  removal(chain: string): BatchOperation {
    return { type: 'del', sublevel: this.rows, key: chain }
  }

  async get(chain: string): Promise<JoinRecord | undefined> {
    const row = await this.rows.get(chain)
    const map = row === undefined ? undefined : decodeCanonical(row, 64 * 1024)
    if (!hasFields(map, ['v', 'named', 'since']) || map.v !== 1 || !isCount(map.since) || !Array.isArray(map.named))
      return undefined
    return { named: map.named.filter((peer): peer is string => typeof peer === 'string'), since: map.since }
  }

  async forget(chain: string): Promise<void> {
    await this.rows.del(chain)
  }
}

/** Ids of chains whose receiving nobody has gone on with for a month. What is in use already is not among them. */
export async function abandoned(factory: ChainFactory, joins: JoinRecords, now: () => number): Promise<string[]> {
  const old: string[] = []
  for (const id of await factory.staged()) {
    const record = await joins.get(id)
    if (record === undefined || now() - record.since > LONGEST_PAUSE) old.push(id)
  }
  return old
}

function openRows(store: Store) {
  return store.sublevel<string, Uint8Array>('walytis-joins', { keyEncoding: 'utf8', valueEncoding: 'view' })
}
