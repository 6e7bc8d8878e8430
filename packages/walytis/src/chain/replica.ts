import type { PeerId } from '@libp2p/interface'
import { idKey } from '../block/id.ts'
import { MAX_CONTENT_BYTES } from '../constants.ts'
import { compareOrder, linksOf } from '../graph/order.ts'
import type { AccessControl, BlockId, RawBlock } from '../interface/index.ts'
import type { AcceptedBlock, Links, OrderedId, Replica } from '../replica.ts'
import { INDEX, orderKey, placeOf } from '../storage/indexes.ts'
import { FLAG } from '../storage/stored-block.ts'
import type { Chain, Committed } from './chain.ts'
import { announcedBy } from './commit.ts'
import { readContent } from './contents.ts'
import { ingest } from './ingest.ts'
import { HEAD } from './state.ts'

type Listener = (blocks: AcceptedBlock[], from: PeerId | undefined) => void

/** A chain as its peers see it: the replicated blocks, once they are on the disk. */
export function createReplica(chain: Chain, access: AccessControl): Replica {
  const { store, id: chainId } = chain.components
  const listeners = new Set<Listener>()
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
    read: (id) => read(chain, id),
    links: (id) => links(chain, id),
    ids: (lower, upper) => ids(chain, lower, upper),
    ingest: (blocks, from, options) => ingest(chain, blocks, from, options),
    onAccepted: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    }
  }
}

async function read(chain: Chain, id: BlockId): Promise<RawBlock | undefined> {
  const { store } = chain.components
  if (chain.isUnsynced(id)) await chain.synced()
  const stored = await store.get(id)
  if (stored === undefined || !stored.replicated) return undefined
  // larger content does not travel
  const content = stored.block.size > MAX_CONTENT_BYTES ? new Uint8Array() : await readContent(store, stored)
  return { block: stored.block.bytes, content }
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
    groups.set(key, [...(groups.get(key) ?? []), block])
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
