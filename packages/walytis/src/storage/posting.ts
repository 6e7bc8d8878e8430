import type { BlockId } from '../interface/index.ts'
import type { Row, RowSource } from './chain-store.ts'
import { concat, idAtEnd, numberBytes, PLACE_BYTES, readNumber } from './indexes.ts'
import { FLAG } from './stored-block.ts'

/**
 * A row of an index of blocks: its key ends with the block's place, and its value says enough of the block to filter, to sort
 * and to count without reading it. Read when asked for, since most are looked at for their place alone.
 */
export class Posting {
  readonly #key: Uint8Array
  readonly #value: Uint8Array

  constructor([key, value]: Row) {
    this.#key = key
    this.#value = value
  }

  get id(): BlockId {
    return idAtEnd(this.#key)
  }

  /** `height ‖ id`, whose order of bytes is the canonical order. */
  get place(): Uint8Array {
    return this.#key.subarray(this.#key.length - PLACE_BYTES)
  }

  get height(): number {
    return readNumber(this.#key, this.#key.length - PLACE_BYTES)
  }

  get revoked(): boolean {
    return ((this.#value[0] ?? 0) & FLAG.revoked) !== 0
  }

  /** As the block's creator claims. */
  get time(): number {
    return readNumber(this.#value, 1)
  }

  /** Where the block stands in the change log; 0 for the genesis. */
  get arrival(): number {
    return readNumber(this.#value, 9)
  }
}

/**
 * A row as a posting.
 *
 * @throws {StoreCorruptError} when its value is damaged
 */
export function postingOf(store: RowSource, row: Row): Posting {
  if (row[1].length !== VALUE_BYTES) throw store.damaged()
  return new Posting(row)
}

const VALUE_BYTES = 1 + 8 + 8

/** The value of all of a block's postings: flags (1 byte), time (8), arrival (8). */
export function encodePosting(flags: number, time: number, arrival: number): Uint8Array {
  return concat(Uint8Array.of(flags), numberBytes(time), numberBytes(arrival))
}
