import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decodeRecord,
  encodeRecord,
  isRegisterName,
  MAX_RECORD_SIZE,
  openValue,
  type RegisterRecord,
  sealValue,
  supersedes
} from '../../src/registers/format.ts'
import { epochOf, fixedRandom, idOf } from '../support/places.ts'

const PLACE = { chain: idOf('chat'), device: 'did:walytis:alice', slot: new Uint8Array(16).fill(7), seq: 3 } as const
const EPOCH = epochOf('epoch')

function recordOf(value: Uint8Array | null, place: { readonly seq?: number } = {}): RegisterRecord {
  const salt = fixedRandom('salt')(32)
  return { ...sealValue({ ...PLACE, ...place }, { name: 'read', value }, EPOCH, salt), signature: new Uint8Array(8) }
}

describe('a record of a register', () => {
  it('opens to what was sealed', () => {
    for (const value of [null, new Uint8Array(), new Uint8Array(4096).fill(9)]) {
      const decoded = decodeRecord(encodeRecord(recordOf(value)))
      if (!decoded.ok) throw new TypeError(decoded.rule)
      expect(openValue(decoded.record, EPOCH)).toEqual({ ok: true, content: { name: 'read', value } })
    }
  })

  it('R32 shows the class of its size only', () => {
    const sizes = Array.from({ length: 4097 }, (_, size) => recordOf(new Uint8Array(size)).sealed.length - 16)
    expect(new Set(sizes)).toEqual(new Set([128, 256, 512, 1024, 2048, 4096, 8192]))
    expect(recordOf(null).sealed.length).toBe(128 + 16)
  })

  it('R4 opens at no other place, and under no other epoch', () => {
    const record = recordOf(Uint8Array.of(1))
    const elsewhere: Partial<RegisterRecord>[] = [
      { chain: idOf('other') },
      { device: 'did:walytis:eve' },
      { slot: new Uint8Array(16) },
      { seq: 4 },
      { epoch: idOf('other epoch') },
      { salt: new Uint8Array(32) }
    ]
    for (const part of elsewhere) {
      expect(openValue({ ...record, ...part }, EPOCH)).toEqual({ ok: false, rule: 'register-not-authentic' })
    }
    expect(openValue(record, epochOf('other')).ok).toBe(false)
  })

  it('F8 is refused by name when it is none, and throws for nothing', () => {
    const bytes = encodeRecord(recordOf(Uint8Array.of(1)))
    expect(decodeRecord(new Uint8Array(MAX_RECORD_SIZE + 1))).toEqual({ ok: false, rule: 'register-too-large' })
    fc.assert(
      fc.property(fc.nat({ max: bytes.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const changed = Uint8Array.from(bytes)
        changed[at] = (changed[at] ?? 0) ^ flip
        const decoded = decodeRecord(changed)
        if (decoded.ok) expect(encodeRecord(decoded.record)).toEqual(changed)
        else expect(decoded.rule).toMatch(/^register-/)
      })
    )
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (junk) => !decodeRecord(junk).ok))
  })

  it('takes the place of lower counts, and of one of two with the same count, whichever came first', () => {
    const [older, newer] = [recordOf(Uint8Array.of(1), { seq: 1 }), recordOf(Uint8Array.of(2), { seq: 2 })]
    expect([supersedes(newer, older), supersedes(older, newer), supersedes(older, undefined)]).toEqual([
      true,
      false,
      true
    ])
    const twin = recordOf(Uint8Array.of(3), { seq: 2 })
    expect(supersedes(newer, twin)).not.toBe(supersedes(twin, newer))
    expect(supersedes(newer, newer)).toBe(false)
  })

  it('has a name of 1 to 128 bytes', () => {
    expect(['', 'x'.repeat(129), 'ü'.repeat(65), '\ud800', 7].map(isRegisterName)).toEqual(Array(5).fill(false))
    expect(['x', 'ü'.repeat(64)].map(isRegisterName)).toEqual([true, true])
  })
})
