import { decode, encode } from '@ipld/dag-cbor'
import { CID } from 'multiformats/cid'
import { hasFields } from 'walytis'
import type { BlockId } from 'walytis/interface'
import { FORMAT_VERSION } from '../constants.ts'
import { StoreCorruptError } from '../errors.ts'

/**
 * What this node knows of a large envelope at rest.
 *
 * - `sealing`: being made; of no block, and nothing once the process has ended.
 * - `partial`: being fetched; `windows` says which windows are here and checked, a bit each, the lowest bit of a byte first.
 * - `whole`: all is here.
 */
export interface FileRow {
  readonly state: (typeof STATES)[number]
  readonly block: BlockId | null
  readonly windows: Uint8Array
}

const STATES = ['sealing', 'partial', 'whole'] as const

/** The stored form of a row. */
export function encodeFileRow({ state, block, windows }: FileRow): Uint8Array {
  return encode({ v: FORMAT_VERSION, state, block, windows })
}

/** @throws {StoreCorruptError} when the bytes are none that `encodeFileRow` gives */
export function decodeFileRow(bytes: Uint8Array): FileRow {
  const value = decodeStored(bytes)
  if (hasFields(value, ['block', 'state', 'v', 'windows']) && value['v'] === FORMAT_VERSION) {
    const block = CID.asCID(value['block'])
    const state = STATES.find((known) => known === value['state'])
    const windows: unknown = value['windows']
    if (state !== undefined && windows instanceof Uint8Array && (block !== null || value['block'] === null)) {
      return { state, block, windows }
    }
  }
  throw new StoreCorruptError('A row about a large content can not be read')
}

function decodeStored(bytes: Uint8Array): unknown {
  try {
    return decode(bytes)
  } catch (error) {
    throw new StoreCorruptError('A row about a large content can not be read', { cause: error })
  }
}

/** No window of so many. */
export function noWindows(count: number): Uint8Array {
  return new Uint8Array(Math.ceil(count / 8))
}

export function hasWindow(windows: Uint8Array, window: number): boolean {
  return ((windows[window >> 3] ?? 0) & (1 << (window & 7))) !== 0
}

/** The same windows and one more, or one fewer. */
export function withWindow(windows: Uint8Array, window: number, here = true): Uint8Array {
  const changed = windows.slice()
  const byte = changed[window >> 3] ?? 0
  changed[window >> 3] = here ? byte | (1 << (window & 7)) : byte & ~(1 << (window & 7))
  return changed
}
