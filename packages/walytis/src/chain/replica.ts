import type { PeerId } from '@libp2p/interface'
import { contentIdOf, idKey } from '../block/id.ts'
import { copyBytes } from '../bytes.ts'
import { MAX_CONTENT_BYTES } from '../constants.ts'
import { DamagedRecordError } from '../errors.ts'
import { compareOrder, linksOf } from '../graph/order.ts'
import type { AccessControl, BlockId, RawBlock } from '../interface/index.ts'
import type { AcceptedBlock, Links, OrderedId, Replica } from '../replica.ts'
import { INDEX, orderKey, placeOf } from '../storage/indexes.ts'
import { FLAG, type StoredBlock } from '../storage/stored-block.ts'
import type { Chain, Committed } from './chain.ts'
import { announcedBy } from './commit.ts'
import { type Checked, check, ingest } from './ingest.ts'
import { HEAD } from './state.ts'

type Listener = (blocks: AcceptedBlock[], from: PeerId | undefined) => void

/** A chain as its peers see it: the replicated blocks, once they are on the disk. */
export function createReplica(chain: Chain, access: AccessControl): Replica {
  const { store, id: chainId } = chain.components
  const listeners = new Set<Listener>()
  const prepared = new WeakMap<readonly RawBlock[], Promise<Checked>>()
  chain.onDurable((committed) => {
    for (const [from, blocks] of bySource(committed)) tell(listeners, blocks, from, chain)
  })
  return {
    chain: chainId,
    access,
    heads: async () => {
      await chain.synced()
      const heads = [...chain.state.heads.values()].filter((head) => (head.kinds & HEAD.replicated) !== 0)
      return heads.sort(compareOrder).map((head) => head.id)
    },
    count: async () => {
      await chain.synced()
      return chain.state.counters.replicated
    },
    isPartial: () => chain.isPartial,
    has: (id) => store.has(id),
    read: async (id) => (await readMany(chain, [id], 0))[0],
    readMany: (ids, bytes) => readMany(chain, ids, bytes),
    links: (id) => unlessDamaged(links(chain, id)),
    ids: (lower, upper) => ids(chain, lower, upper),
    damages: store.damages,
    ingest: (blocks, from, options) => ingest(chain, blocks, from, options, prepared.get(blocks)),
    prepare: (blocks, from) => {
      const checking = check(chain, blocks, from)
      // whoever ingests them hears of it; when they never are, nobody has to
      checking.catch(() => {})
      prepared.set(blocks, checking)
    },
    onAccepted: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    }
  }
}

/** What is damaged is not there, for peers, until it has been mended. */
async function unlessDamaged<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (error instanceof DamagedRecordError) return undefined
    throw error
  }
}

/** Those that are damaged are passed over; they cost the others that they are read one by one. */
async function readMany(chain: Chain, ids: readonly BlockId[], limit: number): Promise<(RawBlock | undefined)[]> {
  const together = await unlessDamaged(readTogether(chain, ids, limit))
  if (together !== undefined) return together
  const raws: (RawBlock | undefined)[] = []
  let bytes = 0
  for (const id of ids) {
    if (bytes > limit) break
    const [raw] = (await unlessDamaged(readTogether(chain, [id], 0))) ?? []
    raws.push(raw)
    if (raw !== undefined) bytes += raw.block.length + raw.content.length
  }
  return raws
}

async function readTogether(chain: Chain, ids: readonly BlockId[], limit: number): Promise<(RawBlock | undefined)[]> {
  const { store } = chain.components
  if (ids.some((id) => chain.isUnsynced(id))) await chain.synced()
  const chosen: (StoredBlock | undefined)[] = []
  let bytes = 0
  for (const stored of await store.getMany(ids)) {
    if (bytes > limit) break
    chosen.push(stored?.replicated === true ? stored : undefined)
    if (stored?.replicated === true) bytes += stored.block.bytes.length + contentBytes(stored)
  }
  const withContent = chosen.filter((stored) => stored !== undefined && contentBytes(stored) > 0) as StoredBlock[]
  const contents = await store.contents(withContent.map(({ arrival }) => arrival))
  let next = 0
  return chosen.map((stored) => {
    if (stored === undefined) return undefined
    const content = contentBytes(stored) > 0 ? contents[next++] : new Uint8Array()
    const { block } = stored
    if (content === undefined || (contentBytes(stored) > 0 && !contentIdOf(content).equals(block.content)))
      throw store.damagedRecord(block.id, 'content')
    // a store in memory hands out what it keeps
    return { block: block.bytes, content: copyBytes(content) }
  })
}

/** Larger content does not travel. */
function contentBytes({ block }: StoredBlock): number {
  return block.size > MAX_CONTENT_BYTES ? 0 : block.size
}

async function links(chain: Chain, id: BlockId): Promise<Links | undefined> {
  if (chain.isUnsynced(id)) await chain.synced()
  const stored = await chain.components.store.get(id)
  return stored === undefined ? undefined : { height: stored.block.height, links: linksOf(stored.block) }
}

async function* ids(chain: Chain, lower?: OrderedId, upper?: OrderedId): AsyncGenerator<OrderedId> {
  const range = {
    gte: lower === undefined ? undefined : orderKey(lower),
    lt: upper === undefined ? undefined : orderKey(upper)
  }
  for await (const [key, value] of chain.components.store.scan(Uint8Array.of(INDEX.order), range)) {
    if (((value[0] ?? 0) & FLAG.replicated) === 0) continue
    const place = placeOf(key)
    if (chain.isUnsynced(place.id)) await chain.synced()
    yield place
  }
}

/** What became replicated, by who sent it; what nobody sent now, because it was here before, counts as this node's. */
function bySource(committed: Committed): Map<PeerId | undefined, AcceptedBlock[]> {
  const sources = new Map<string, PeerId | undefined>()
  const groups = new Map<PeerId | undefined, AcceptedBlock[]>()
  for (const block of announcedBy(committed.transaction)) {
    const source = committed.transaction.sources.get(idKey(block.id))
    const name = source?.toString() ?? ''
    // peer ids are objects: one for each peer serves as the key
    if (!sources.has(name)) sources.set(name, source)
    const key = sources.get(name)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [block])
    else group.push(block)
  }
  return groups
}

function tell(listeners: Iterable<Listener>, blocks: AcceptedBlock[], from: PeerId | undefined, chain: Chain): void {
  for (const listener of listeners) {
    try {
      listener(blocks, from)
    } catch (error) {
      chain.components.report(error)
    }
  }
}
