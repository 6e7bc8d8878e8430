import { sha256 } from '@noble/hashes/sha2.js'
import { fromString, toString as textOf } from 'uint8arrays'
import { describe, expect, it } from 'vitest'
import { sealHeader } from '../src/envelope/header.ts'
import { sealStream } from '../src/envelope/seal-stream.ts'
import { decodeHead, decodeRequest, encodeHead, encodeRequest } from '../src/exchange/content-messages.ts'
import { decodeFileRow, encodeFileRow, type FileRow } from '../src/store/file-row.ts'
import { MemoryFile } from './support/memory-file.ts'
import { epochOf, fixedRandom, idOf, placeOf } from './support/places.ts'
import { contentOf, vectors } from './support/vectors.ts'

/** Large contents, in bytes that were written once and stay readable, and are written alike, for as long as there is format 1. */

interface LargeVectors {
  readonly envelopes: {
    size: number
    root: string
    sizeClass: number
    parts: number
    hashes: string[]
    lastPart: string
  }[]
  readonly request: string
  readonly head: string
  readonly missing: string
  readonly fileRows: string[]
}

const hex = (bytes: Uint8Array | undefined): string => textOf(bytes ?? new Uint8Array(), 'hex')
const place = placeOf('chat', 'alice')
const ROWS: FileRow[] = [
  { state: 'sealing', block: null, windows: new Uint8Array() },
  { state: 'partial', block: idOf('block'), windows: Uint8Array.of(0b101, 1) },
  { state: 'whole', block: idOf('block'), windows: new Uint8Array() }
]
const HEAD = { hashes: sha256(fromString('part')), proof: sha256(fromString('sibling')) }

async function sealed(size: number): Promise<LargeVectors['envelopes'][number]> {
  const random = fixedRandom(`large ${size}`)
  const [key, salt] = [random(32), random(32)]
  const file = new MemoryFile()
  const source = async function* (): AsyncGenerator<Uint8Array> {
    yield contentOf(size)
  }
  const envelope = await sealStream(source(), key, place, file, {})
  const { root, firstPart, firstHashes } = envelope.withHeader(sealHeader(key, salt, place, epochOf('epoch')))
  await file.writePart(0, firstPart)
  await file.writeHashes(0, firstHashes)
  const hashes = [...file.hashes.keys()]
    .sort((a, b) => a - b)
    .map((window) => hex(sha256(file.hashes.get(window) ?? root)))
  const parts = file.parts.size
  const lastPart = hex(sha256(file.parts.get(parts - 1) ?? root))
  return { size, root: hex(root), sizeClass: envelope.sizeClass, parts, hashes, lastPart }
}

async function made(): Promise<LargeVectors> {
  const envelopes = []
  for (const size of [262_145, 1_000_000, 9_000_000]) envelopes.push(await sealed(size))
  return {
    envelopes,
    request: hex(encodeRequest({ block: idOf('block'), window: 300 })),
    head: hex(encodeHead(HEAD)),
    missing: hex(encodeHead(undefined)),
    fileRows: ROWS.map((row) => hex(encodeFileRow(row)))
  }
}

const fixed = await vectors<LargeVectors>('large.json')

describe('format 1 of large contents', () => {
  it('is written alike', async () => {
    expect(await made()).toEqual(fixed)
  })

  it('stays readable', () => {
    expect(decodeRequest(fromString(fixed.request, 'hex'))).toEqual({ block: idOf('block'), window: 300 })
    expect(decodeHead(fromString(fixed.head, 'hex'))).toEqual(HEAD)
    expect(decodeHead(fromString(fixed.missing, 'hex'))).toBe('missing')
    expect(fixed.fileRows.map((row) => decodeFileRow(fromString(row, 'hex')))).toEqual(ROWS)
  })
})
