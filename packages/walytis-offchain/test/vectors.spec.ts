import { sha256 } from '@noble/hashes/sha2.js'
import { fromString, toString as textOf } from 'uint8arrays'
import { describe, expect, it } from 'vitest'
import { domains } from '../src/domains.ts'
import { checkEnvelope, openContent } from '../src/envelope/open.ts'
import { sealContent } from '../src/envelope/seal.ts'
import { decodeMessage, encodeMessage, type Message } from '../src/exchange/messages.ts'
import { openDetails } from '../src/reference/details.ts'
import { decodeReference } from '../src/reference/format.ts'
import { decodeRecord, encodeRecord, openValue, sealValue } from '../src/registers/format.ts'
import { encodeRegisterMessage } from '../src/registers/messages.ts'
import { decodeLogEntry, decodeRow, encodeLogEntry, encodeRow, type LogEntry } from '../src/store/block-row.ts'
import { epochOf, fixedRandom, idOf, openEpochOf, placeOf } from './support/places.ts'
import { contentOf, vectors } from './support/vectors.ts'

/** Bytes that were written once and stay readable, and are written alike, for as long as there is format 1. */

interface EnvelopeVector {
  readonly name: string
  readonly size: number
  readonly topics: string[]
  readonly reference: string
  readonly root: string
  readonly commitment: string
  readonly sizeClass: number
  readonly header: string
  readonly envelopeLength: number
  readonly envelopeSha256: string
  readonly envelope?: string
}

const hex = (bytes: Uint8Array): string => textOf(bytes, 'hex')
const place = placeOf('chat', 'alice')
const epoch = epochOf('epoch')
const { envelopes, ...inputs } = await vectors<{ envelopes: EnvelopeVector[]; [input: string]: unknown }>(
  'envelopes.json'
)

describe('format 1', () => {
  it('has the inputs that its vectors say', () => {
    expect(inputs).toEqual({
      place: { chain: hex(place.chain), creator: hex(place.creator) },
      epoch: { id: epoch.id.toString(), seed: hex(sha256(fromString('seed of epoch'))) }
    })
  })

  it.each(envelopes)('seals to the same bytes: $name', (vector) => {
    const sealed = sealContent(
      contentOf(vector.size),
      vector.topics,
      place,
      openEpochOf('epoch'),
      fixedRandom(vector.name)
    )
    expect(hex(sealed.referenceBytes)).toBe(vector.reference)
    expect(hex(sealed.reference.root)).toBe(vector.root)
    expect(hex(sealed.reference.commitment)).toBe(vector.commitment)
    expect(sealed.reference.sizeClass).toBe(vector.sizeClass)
    expect(hex(sealed.envelope.subarray(0, 101))).toBe(vector.header)
    expect(sealed.envelope.length).toBe(vector.envelopeLength)
    expect(hex(sha256(sealed.envelope))).toBe(vector.envelopeSha256)
  })

  it.each(envelopes.filter((vector) => vector.envelope !== undefined))('opens: $name', (vector) => {
    const decoded = decodeReference(fromString(vector.reference, 'hex'))
    if (!decoded.ok) throw new TypeError(decoded.rule)
    const { reference } = decoded
    const details = openDetails(reference, place, epoch.secret(domains.detailsSecret))
    expect(details).toEqual({ ok: true, details: { size: vector.size, topics: vector.topics } })
    const envelope = fromString(vector.envelope ?? '', 'hex')
    expect(checkEnvelope(envelope, reference)).toBe(undefined)
    const opened = openContent(envelope, reference, { size: vector.size, topics: [] }, place, epoch)
    expect(opened.ok && hex(opened.content)).toBe(hex(contentOf(vector.size)))
  })

  it('speaks the same messages', async () => {
    interface Vector {
      readonly message: { kind: Message['kind']; blocks?: string[]; items?: [string, string][]; missing?: string[] }
      readonly bytes: string
    }
    const all = await vectors<Vector[]>('messages.json')
    expect(all.map(({ message }) => message.kind).sort()).toEqual(['give', 'have', 'want'])
    for (const { message, bytes } of all) {
      const { kind, blocks = [], items = [], missing = [] } = message
      const expected: Message =
        kind === 'give'
          ? {
              kind,
              items: items.map(([block, envelope]) => ({ block: idOf(block), envelope: fromString(envelope, 'hex') })),
              missing: missing.map(idOf)
            }
          : { kind, blocks: blocks.map(idOf) }
      expect(decodeMessage(fromString(bytes, 'hex'))).toEqual({ ok: true, message: expected })
      expect(hex(encodeMessage(expected))).toBe(bytes)
    }
  })

  it('seals the same registers', async () => {
    interface Vector {
      readonly name: string
      readonly value: string | null
      readonly seq: number
      readonly record: string
    }
    const registers = await vectors<Vector[]>('registers.json')
    expect(registers.map(({ value }) => value === null)).toEqual([false, true])
    for (const { name, value, seq, record } of registers) {
      const place = { chain: idOf('chat'), device: 'did:walytis:alice', slot: new Uint8Array(16).fill(7), seq } as const
      const content = { name, value: value === null ? null : fromString(value, 'hex') }
      const unsigned = sealValue(place, content, epoch, fixedRandom(`register ${seq}`)(32))
      const encoded = encodeRecord({ ...unsigned, signature: fromString('of an application') })
      expect(hex(encoded)).toBe(record)
      const decoded = decodeRecord(encoded)
      expect(decoded.ok && openValue(decoded.record, epoch)).toEqual({ ok: true, content })
    }
  })

  it('speaks the same messages about registers', async () => {
    const [have, give] = await vectors<[string, string]>('register-messages.json')
    const held = [{ device: 'did:walytis:alice', slot: new Uint8Array(16).fill(7), seq: 3 }]
    expect(hex(encodeRegisterMessage({ kind: 'have', held, more: false }))).toBe(have)
    expect(hex(encodeRegisterMessage({ kind: 'give', records: [fromString('a record')] }))).toBe(give)
  })

  it('keeps the same rows', async () => {
    interface Vectors {
      readonly rows: { row: Omit<Parameters<typeof encodeRow>[0], 'epoch'> & { epoch: string | null }; bytes: string }[]
      readonly log: { entry: LogEntry; bytes: string }[]
    }
    const { rows, log } = await vectors<Vectors>('rows.json')
    for (const { row, bytes } of rows) {
      const expected = { ...row, epoch: row.epoch === null ? null : idOf(row.epoch) }
      expect(decodeRow(fromString(bytes, 'hex'))).toEqual(expected)
      expect(hex(encodeRow(expected))).toBe(bytes)
    }
    for (const { entry, bytes } of log) {
      expect(decodeLogEntry(fromString(bytes, 'hex'))).toEqual(entry)
      expect(hex(encodeLogEntry(entry))).toBe(bytes)
    }
    expect(rows.length + log.length).toBe(5)
  })
})
