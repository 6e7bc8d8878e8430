import { decode, encode } from '@ipld/dag-cbor'
import { CID } from 'multiformats/cid'
import { hasFields } from 'walytis'
import type { BlockId } from 'walytis/interface'
import type { Did } from 'walytis-identities'
import { FORMAT_VERSION } from '../constants.ts'
import { StoreCorruptError } from '../errors.ts'

/** What this node knows of one block beyond what the chain says. */
export interface BlockRow {
  /** The member that wrote it, by the group's state at the block. */
  readonly author: Did
  /** The epoch that its reference names; null where it has none that can be read. */
  readonly epoch: BlockId | null
  /** Its number in this node's log, from when its reference could be read; 0 before. */
  readonly ordinal: number
  /** The number of its envelope, which fits the reference; 0 while it isn't here. */
  readonly envelope: number
  /** The rule that it breaks; empty when it breaks none that is known. */
  readonly refused: string
  /** Whether the log says last that it is out of effect. */
  readonly revoked: boolean
  /** What the application wants of its content. */
  readonly wish: Wish
}

const WISHES = ['policy', 'pinned', 'removed'] as const

/**
 * - `policy`: it is fetched when the chain's fetch policy says so.
 * - `pinned`: it is fetched, and can't be removed.
 * - `removed`: it was removed from this node, and is not fetched before it is asked for.
 */
export type Wish = (typeof WISHES)[number]

/**
 * - `locked`: the seed of its epoch has not come; not shown.
 * - `absent`: shown, its content is not here.
 * - `present`: shown, its content is here, and opened when it came.
 * - `refused`: it, or its content, is not what it promises; never shown.
 */
export type BlockState = 'locked' | 'absent' | 'present' | 'refused'

/** Where a block stands. */
export function stateOf(row: BlockRow): BlockState {
  if (row.refused !== '') return 'refused'
  if (row.ordinal === 0) return 'locked'
  return row.envelope === 0 ? 'absent' : 'present'
}

const ROW_FIELDS = ['author', 'envelope', 'epoch', 'ordinal', 'refused', 'revoked', 'v', 'wish']

/** The stored form of a row. */
export function encodeRow(row: BlockRow): Uint8Array {
  const { author, epoch, ordinal, envelope, refused, revoked, wish } = row
  return encode({ v: FORMAT_VERSION, author, epoch, ordinal, envelope, refused, revoked, wish })
}

/** @throws {StoreCorruptError} when the bytes are none that `encodeRow` gives */
export function decodeRow(bytes: Uint8Array): BlockRow {
  const value = decodeStored(bytes)
  if (hasFields(value, ROW_FIELDS) && value['v'] === FORMAT_VERSION) {
    const { author, ordinal, envelope, refused, revoked } = value as { [field: string]: unknown }
    const epoch = CID.asCID(value['epoch'])
    const wish = WISHES.find((known) => known === value['wish'])
    const wellTyped = isDid(author) && typeof refused === 'string' && typeof revoked === 'boolean'
    if (
      wellTyped &&
      wish !== undefined &&
      isNumber(ordinal) &&
      isNumber(envelope) &&
      (epoch !== null || value['epoch'] === null)
    ) {
      return { author, epoch, ordinal, envelope, refused, revoked, wish }
    }
  }
  throw new StoreCorruptError('A row about a private block can not be read')
}

const LOG_KINDS = ['block', 'content', 'revoke', 'reinstate', 'refuse'] as const

/**
 * One entry of the log: what became readable, whose content came later, what left or came back into effect, and what was shown until its
 * content came and was refused.
 */
export interface LogEntry {
  readonly kind: (typeof LOG_KINDS)[number]
  readonly id: string
}

/** The stored form of a log entry. */
export function encodeLogEntry(entry: LogEntry): Uint8Array {
  return encode({ kind: entry.kind, id: entry.id })
}

/** @throws {StoreCorruptError} */
export function decodeLogEntry(bytes: Uint8Array): LogEntry {
  const value = decodeStored(bytes)
  if (hasFields(value, ['id', 'kind'])) {
    const { id } = value
    const kind = LOG_KINDS.find((known) => known === value.kind)
    if (typeof id === 'string' && kind !== undefined) return { kind, id }
  }
  throw new StoreCorruptError('An entry of the log of a private chain can not be read')
}

/** What this package has stored is canonical already; here it need only be whole. */
function decodeStored(bytes: Uint8Array): unknown {
  try {
    return decode(bytes)
  } catch (error) {
    throw new StoreCorruptError('A row of a private chain can not be read', { cause: error })
  }
}

function isDid(value: unknown): value is Did {
  return typeof value === 'string' && value.startsWith('did:walytis:')
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
