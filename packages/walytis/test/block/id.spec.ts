import { CID } from 'multiformats/cid'
import * as Digest from 'multiformats/hashes/digest'
import { describe, expect, it } from 'vitest'
import { blockIdOf, idKey, idKeyIn } from '../../src/block/id.ts'

describe('the key of an id', () => {
  const ids = Array.from({ length: 300 }, (_, index) => blockIdOf(Uint8Array.of(index, index >> 8)))

  it('is equal for equal ids only, in equal places only', () => {
    const keys = [0, 1, 0xffff, 0x10000, 0x10001].flatMap((place) => ids.map((id) => idKeyIn(place, id)))
    expect(new Set(keys).size).toBe(5 * ids.length)
    for (const id of ids) expect(idKey(CID.parse(id.toString()))).toBe(idKey(id))
  })

  it('is there for the CID of anything else, too', () => {
    for (const length of [0, 20, 64]) {
      const other = CID.createV1(0x71, Digest.create(0x13, new Uint8Array(length).fill(1)))
      expect(idKey(CID.parse(other.toString()))).toBe(idKey(other))
      expect(ids.map(idKey)).not.toContain(idKey(other))
    }
  })
})
