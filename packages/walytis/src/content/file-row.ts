import type { FileProgress } from '../replica.ts'
import { concat, numberBytes, readNumber } from '../storage/indexes.ts'
import type { NodePlace } from './shape.ts'

/** What a store knows of a larger content (docs/protocol.md, "Storage"). */
export interface FileRow extends FileProgress {
  /** Under which its nodes lie. */
  readonly number: number
}

const STATES: readonly FileProgress['state'][] = ['partial', 'whole', 'refused']
const ROW_BYTES = 1 + 8 + 8

/** Row: state (1 byte: 0 partial, 1 whole, 2 refused), number of the file (8), nodes stored (8). */
export function encodeFileRow({ state, number, stored }: FileRow): Uint8Array {
  return concat(Uint8Array.of(STATES.indexOf(state)), numberBytes(number), numberBytes(stored))
}

/** @returns undefined when the row is damaged */
export function decodeFileRow(row: Uint8Array): FileRow | undefined {
  const state = STATES[row[0] ?? STATES.length]
  if (state === undefined || row.length !== ROW_BYTES) return undefined
  return { state, number: readNumber(row, 1), stored: readNumber(row, 9) }
}

/** What lies under a name in a public chain: a content beside its block, or a node of a larger content, by its place. */
export type Published = 'content' | NodePlace

/** Row: 0; or 1, level (1), index (8). Whose block or file it is says the key. */
export function encodePublished(published: Published): Uint8Array {
  return published === 'content'
    ? Uint8Array.of(0)
    : concat(Uint8Array.of(1, published.level), numberBytes(published.index))
}

/** @returns undefined when the row is damaged */
export function decodePublished(row: Uint8Array): Published | undefined {
  if (row[0] === 0 && row.length === 1) return 'content'
  if (row[0] !== 1 || row.length !== 10) return undefined
  return { level: row[1] ?? 0, index: readNumber(row, 2) }
}
