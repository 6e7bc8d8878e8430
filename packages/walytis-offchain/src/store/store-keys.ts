/**
 * Names of this package's rows in the node's database: docs/protocol.md §7. Envelopes lie under rising numbers, because LevelDB is several
 * times faster with large values there than under hashes; nothing in a key tells a topic.
 */
import type { AbstractSublevel } from 'abstract-level'
import { toString as textOf } from 'uint8arrays'
import type { BlockId, Store } from 'walytis/interface'

/** A part of the node's database with readable keys and binary values. */
export type Rows = AbstractSublevel<Store, string | Uint8Array | Buffer, string, Uint8Array>

/** A part with binary keys. */
export type BinaryRows = AbstractSublevel<Store, string | Uint8Array | Buffer, Uint8Array, Uint8Array>

const ROOT = 'walytis-offchain'
const NUMBER_DIGITS = 14

/** One sublevel of one private chain. */
export type Part =
  /** number → envelope */
  | 'envelope'
  /** block id → what is known of the block (`BlockRow`) */
  | 'block'
  /** number → change: the order in which this node came to be able to read */
  | 'log'
  /** blind topic, height, blind id → sealed id, time, arrival */
  | 'topic'
  /** what the indexes were made by; how many blocks there are */
  | 'state'
  /** block id → size class of the content, and whether it is pinned: it is not here, and was not removed */
  | 'absent'
  /** device, slot → the newest record of a register */
  | 'register'
  /** epoch id, block id → nothing: the epoch's seed has not come */
  | 'locked'
  /** number → what is known of a large envelope (`FileRow`) */
  | 'file'
  /** number, part or hashes, number → bytes of a large envelope, where there are no files */
  | 'part'
  /** consumer's name → number of the last change it handled */
  | 'consumer'

/** The rows of one part of one chain. */
export function rowsOf(store: Store, chain: string, part: Part): Rows {
  return store.sublevel<string, Uint8Array>([ROOT, chain, part], { keyEncoding: 'utf8', valueEncoding: 'view' })
}

/** The rows by which one chain's blocks are found in canonical order, by creator and by time. */
export function binaryRowsOf(store: Store, chain: string, part: 'place'): BinaryRows {
  return store.sublevel<Uint8Array, Uint8Array>([ROOT, chain, part], { keyEncoding: 'view', valueEncoding: 'view' })
}

/** Rows about the store itself. */
export function metaRows(store: Store): Rows {
  return store.sublevel<string, Uint8Array>([ROOT, 'meta'], { keyEncoding: 'utf8', valueEncoding: 'view' })
}

/** A number as a key: text that sorts as the number does. */
export function numberKey(value: number): string {
  return value.toString(16).padStart(NUMBER_DIGITS, '0')
}

/** The number of such a key. */
export function numberOfKey(key: string): number {
  return Number.parseInt(key, 16)
}

/** A block that waits for the seed of its epoch. */
export function lockedKey(epoch: string, block: string): string {
  return `${epoch}/${block}`
}

/** All keys that begin with `prefix` and a slash. */
export function underPrefix(prefix: string): { readonly gt: string; readonly lt: string } {
  return { gt: `${prefix}/`, lt: `${prefix}0` }
}

/**
 * A posting of the topic index. The topic and the id show as keyed hashes; the height stays readable, so that a query gives canonical order
 * without reading everything.
 */
export function topicKey(blindTopic: Uint8Array, height: number, blindId: Uint8Array): string {
  return `${topicPrefix(blindTopic)}/${numberKey(height)}/${textOf(blindId.subarray(0, 8), 'hex')}`
}

/** What all postings of a topic begin with. */
export function topicPrefix(blindTopic: Uint8Array): string {
  return textOf(blindTopic.subarray(0, 16), 'hex')
}

/** The height in the key of a posting. */
export function heightOfTopicKey(key: string): number {
  return numberOfKey(key.split('/')[1] ?? '')
}

/** The key under which a block's own row lies. */
export function blockKey(id: BlockId): string {
  return id.toString()
}
