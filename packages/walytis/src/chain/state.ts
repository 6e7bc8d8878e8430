import type { PublicKey } from '@libp2p/interface'
import { LRUCache } from 'lru-cache'
import { base64url } from 'multiformats/bases/base64'
import { decodeSettings } from '../block/genesis.ts'
import { idKey } from '../block/id.ts'
import { multikeyOf } from '../crypto/multikey.ts'
import type { BlockId } from '../interface/index.ts'
import type { OrderedId } from '../replica.ts'
import type { ChainCounters, ChainStore } from '../storage/chain-store.ts'
import { forkOf, INDEX } from '../storage/indexes.ts'

/** Which set a head belongs to: bits of its row. */
export const HEAD = { inEffect: 1, replicated: 2 } as const

export interface Head extends OrderedId {
  readonly kinds: number
}

/** Creators whose highest seq is remembered. */
const REMEMBERED_CREATORS = 1024

/**
 * What a chain keeps in memory: its size does not grow with the chain, only with its heads and with the creators who have
 * forked. Changed by the writer alone, after the batch that makes it true is on the disk.
 */
export interface ChainState {
  counters: ChainCounters
  readonly heads: Map<string, Head>
  /** Names of creators with two known blocks of one seq. */
  readonly forked: Set<string>
  /** Creator's name → highest seq stored. */
  readonly latestSeq: LRUCache<string, number>
  /** Whether anybody may hold the chain, and read it by IPFS. */
  isPublic: boolean
}

export async function loadState(store: ChainStore, id: BlockId): Promise<ChainState> {
  const heads = new Map<string, Head>()
  for (const head of await store.heads()) heads.set(idKey(head.id), head)
  const forked = new Set<string>()
  for await (const [key] of store.scan(Uint8Array.of(INDEX.fork))) {
    forked.add(base64url.baseEncode(forkOf(key).creator))
  }
  const latestSeq = new LRUCache<string, number>({ max: REMEMBERED_CREATORS })
  return { counters: await store.counters(), heads, forked, latestSeq, isPublic: await isPublic(store, id) }
}

/** By the genesis, which is not there yet while a chain is made or received. */
async function isPublic(store: ChainStore, id: BlockId): Promise<boolean> {
  const genesis = await store.get(id)
  const content = genesis === undefined ? undefined : await store.content(genesis.arrival)
  return content !== undefined && decodeSettings(content)?.access === 'public'
}

const names = new WeakMap<PublicKey, string>()

/** A creator's key as a string, for `Map` and `Set`. */
export function creatorName(creator: PublicKey): string {
  let name = names.get(creator)
  if (name === undefined) {
    name = base64url.baseEncode(multikeyOf(creator))
    names.set(creator, name)
  }
  return name
}
