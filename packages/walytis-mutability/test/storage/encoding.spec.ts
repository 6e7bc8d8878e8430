import { readFileSync } from 'node:fs'
import { encode } from '@ipld/dag-cbor'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { IndexDamagedError } from '../../src/errors.ts'
import {
  decodeCount,
  decodeHead,
  decodeId,
  decodeRecord,
  decodeState,
  encodeCount,
  encodeHead,
  encodeRecord,
  encodeState
} from '../../src/storage/encoding.ts'
import { idOf } from '../support/drawn-chain.ts'
import { heads, records, states } from '../support/index-rows.ts'

interface Vector {
  readonly name: string
  readonly bytes: string
}
const vectors: Record<'heads' | 'records' | 'states', Vector[]> & { counts: (Vector & { count: number })[] } =
  JSON.parse(readFileSync(new URL('../fixtures/v1/index.json', import.meta.url), 'utf8'))
const bytesOf = (vectors: Vector[], name: string): Uint8Array =>
  Uint8Array.from(Buffer.from(vectors.find((vector) => vector.name === name)?.bytes ?? '', 'hex'))

describe('vectors of rows of the index, version 1', () => {
  it.each(heads)('a block that shows: $name', ({ name, head }) => {
    const bytes = bytesOf(vectors.heads, name)
    expect(Uint8Array.from(encodeHead(head))).toEqual(bytes)
    const decoded = decodeHead(bytes)
    expect(decoded).toMatchObject({ deleted: head.deleted, revoked: head.revoked })
    expect(decoded.shows?.block.toString()).toBe(head.shows?.block.toString())
    expect([decoded.shows?.size, decoded.shows?.time]).toEqual([head.shows?.size, head.shows?.time])
  })

  it.each(records)('$name', ({ name, record, linked }) => {
    const bytes = bytesOf(vectors.records, name)
    expect(Uint8Array.from(encodeRecord(record, linked))).toEqual(bytes)
    const { record: decoded, place } = decodeRecord(record.block, bytes)
    const { id, height, kind, author, time, size } = record
    expect(decoded).toMatchObject({ id, height, kind, author, time, size })
    expect(decoded.creator.equals(record.creator)).toBe(true)
    expect(place).toEqual(linked && { follows: linked.follows.map(({ id }) => id), shows: linked.shows?.id })
  })

  it.each(states)('the state of an index: $name', ({ name, state }) => {
    const bytes = bytesOf(vectors.states, name)
    expect(Uint8Array.from(encodeState(state))).toEqual(bytes)
    expect(decodeState(bytes)).toEqual(state)
  })

  it.each(vectors.counts)('$name', ({ name, count }) => {
    const bytes = bytesOf(vectors.counts, name)
    expect(Uint8Array.from(encodeCount(count))).toEqual(bytes)
    expect(decodeCount(bytes)).toBe(count)
  })
})

describe('damaged rows', () => {
  const decoders: Record<string, (bytes: Uint8Array) => unknown> = {
    head: decodeHead,
    record: (bytes) => decodeRecord(idOf(1), bytes),
    count: decodeCount,
    id: decodeId
  }
  const good = [encodeHead(heads[1]?.head as never), encodeRecord(records[1]?.record as never, records[1]?.linked)]

  it.each(Object.entries(decoders))('F8 give a named error, whatever the bytes are: %s', (_, decodeRow) => {
    const values = fc.oneof(
      fc.uint8Array({ maxLength: 80 }),
      fc.jsonValue().map((value) => encode(value))
    )
    const spoilt = fc.tuple(fc.constantFrom(...good), fc.nat(), fc.nat({ max: 255 })).map(([row, at, byte]) => {
      const bytes = Uint8Array.from(row)
      bytes[at % bytes.length] = byte
      return bytes
    })
    fc.assert(
      fc.property(fc.oneof(values, spoilt), (bytes) => {
        try {
          decodeRow(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(IndexDamagedError)
        }
      })
    )
  })
})
