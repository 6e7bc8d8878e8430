import type { PeerId } from '@libp2p/interface'
import { idKey } from '../block/id.ts'
import { copyBytes } from '../bytes.ts'
import type { BlockId, SignedBlock } from '../interface/index.ts'

/** A block whose parents are not all known. */
export interface PendingBlock {
  readonly block: SignedBlock
  readonly content: Uint8Array
  /** Who sent it first. */
  readonly from: PeerId
}

/** Who can be asked for one block's parents: more names than that help nobody, and strangers may have any number of them. */
const MAX_SENDERS = 64

export interface PendingLimits {
  readonly perChain: { readonly blocks: number; readonly bytes: number }
  readonly perPeer: { readonly blocks: number; readonly bytes: number }
}

interface Entry extends PendingBlock {
  /** Who sent it first, at whose cost it waits. */
  readonly payer: string
  /** All who sent it. */
  readonly senders: Set<string>
  /** Unknown links, by key. */
  readonly missing: Map<string, BlockId>
  readonly bytes: number
}

interface Usage {
  blocks: number
  bytes: number
}

/**
 * Blocks that wait for their parents, bounded for the chain and for each peer (docs/protocol.md, "Causal delivery"). Plain
 * data in memory: what is lost by a restart is asked for again.
 */
export class PendingPool {
  readonly #limits: PendingLimits
  readonly #entries = new Map<string, Entry>()
  /** Key of a missing block → keys of those that wait for it. */
  readonly #waiting = new Map<string, Set<string>>()
  readonly #usage = new Map<string, Usage>()
  readonly #total: Usage = { blocks: 0, bytes: 0 }

  constructor(limits: PendingLimits) {
    this.#limits = limits
  }

  get size(): number {
    return this.#entries.size
  }

  has(id: BlockId): boolean {
    return this.#entries.has(idKey(id))
  }

  /**
   * Let a block wait for `missing`; false when its sender has too many waiting. When the chain has, the oldest of whoever has
   * most makes room, so that no number of hostile peers keeps an honest one out for ever.
   */
  add(pending: PendingBlock, missing: readonly BlockId[]): boolean {
    if (this.meetAgain(pending.block.id, pending.from)) return true
    const key = idKey(pending.block.id)
    const payer = pending.from.toString()
    const bytes = pending.block.bytes.length + pending.content.length
    const peer = this.#usage.get(payer) ?? { blocks: 0, bytes: 0 }
    if (exceeds(peer, bytes, this.#limits.perPeer)) return false
    while (exceeds(this.#total, bytes, this.#limits.perChain)) {
      const greediest = this.#greediest()
      if (greediest === undefined || greediest === payer) return false
      this.#evictOldest(greediest)
    }
    this.#count(payer, 1, bytes)
    this.#entries.set(key, {
      ...pending,
      // what arrived may be a view into a large buffer, which must not wait as well
      content: copyBytes(pending.content),
      payer,
      senders: new Set([payer]),
      bytes,
      missing: new Map(missing.map((id) => [idKey(id), id]))
    })
    for (const id of missing) {
      const waiting = this.#waiting.get(idKey(id)) ?? new Set()
      this.#waiting.set(idKey(id), waiting.add(key))
    }
    return true
  }

  /** Whether a block that a peer sends waits already. If so, the peer is one more who can be asked for its parents. */
  meetAgain(id: BlockId, from: PeerId): boolean {
    const entry = this.#entries.get(idKey(id))
    if (entry !== undefined && entry.senders.size < MAX_SENDERS) entry.senders.add(from.toString())
    return entry !== undefined
  }

  /** A block has become known: those that waited only for it, which leave the pool. */
  release(id: BlockId): PendingBlock[] {
    const ready: PendingBlock[] = []
    for (const key of this.#takeWaiting(id)) {
      const entry = this.#entries.get(key)
      if (entry === undefined) continue
      entry.missing.delete(idKey(id))
      if (entry.missing.size === 0) ready.push(this.#remove(key, entry))
    }
    return ready
  }

  /** A block was refused: all that stand on it, directly or not, leave the pool and are refused with it. */
  drop(id: BlockId): SignedBlock[] {
    const dropped: SignedBlock[] = []
    const refused = [id]
    for (let next = refused.pop(); next !== undefined; next = refused.pop()) {
      for (const key of this.#takeWaiting(next)) {
        const entry = this.#entries.get(key)
        if (entry === undefined) continue
        this.#remove(key, entry)
        for (const other of entry.missing.keys()) this.#stopWaiting(other, key)
        dropped.push(entry.block)
        refused.push(entry.block.id)
      }
    }
    return dropped
  }

  /**
   * Unknown blocks for which a peer's blocks wait, without those that wait themselves. Others who know nothing of them are not
   * to be asked.
   */
  missing(from: PeerId): BlockId[] {
    const sender = from.toString()
    const ids = new Map<string, BlockId>()
    for (const entry of this.#entries.values()) {
      if (!entry.senders.has(sender)) continue
      for (const [key, id] of entry.missing) if (!this.#entries.has(key)) ids.set(key, id)
    }
    return [...ids.values()]
  }

  #greediest(): string | undefined {
    let greediest: string | undefined
    let most = 0
    for (const [peer, { bytes }] of this.#usage) {
      if (bytes <= most) continue
      most = bytes
      greediest = peer
    }
    return greediest
  }

  #evictOldest(peer: string): void {
    for (const [key, entry] of this.#entries) {
      if (entry.payer !== peer) continue
      this.#remove(key, entry)
      for (const missing of entry.missing.keys()) this.#stopWaiting(missing, key)
      return
    }
  }

  #takeWaiting(id: BlockId): Iterable<string> {
    const waiting = this.#waiting.get(idKey(id))
    this.#waiting.delete(idKey(id))
    return waiting ?? []
  }

  #stopWaiting(missing: string, key: string): void {
    const waiting = this.#waiting.get(missing)
    waiting?.delete(key)
    if (waiting?.size === 0) this.#waiting.delete(missing)
  }

  #remove(key: string, entry: Entry): Entry {
    this.#entries.delete(key)
    this.#count(entry.payer, -1, -entry.bytes)
    return entry
  }

  #count(peer: string, blocks: number, bytes: number): void {
    const usage = this.#usage.get(peer) ?? { blocks: 0, bytes: 0 }
    for (const one of [usage, this.#total]) {
      one.blocks += blocks
      one.bytes += bytes
    }
    if (usage.blocks === 0) this.#usage.delete(peer)
    else this.#usage.set(peer, usage)
  }
}

function exceeds(usage: Usage, bytes: number, limit: { blocks: number; bytes: number }): boolean {
  return usage.blocks + 1 > limit.blocks || usage.bytes + bytes > limit.bytes
}
