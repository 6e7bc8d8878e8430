import fc from 'fast-check'
import { concat, equals } from 'uint8arrays'
import { describe, expect, it } from 'vitest'
import { CHUNK_SIZE, MAX_INLINE_SIZE } from '../../src/constants.ts'
import { rootOf } from '../../src/envelope/hash-tree.ts'
import { commitmentOf, sealHeader } from '../../src/envelope/header.ts'
import { checkEnvelope, openContent } from '../../src/envelope/open.ts'
import { PieceOpener } from '../../src/envelope/piece-opener.ts'
import { sealContent } from '../../src/envelope/seal.ts'
import { sealStream } from '../../src/envelope/seal-stream.ts'
import { hashOfPieces, partsOf, shapeOf, splitHashes, splitPart } from '../../src/envelope/shape.ts'
import { MemoryFile } from '../support/memory-file.ts'
import { epochOf, fixedRandom, openEpochOf, placeOf } from '../support/places.ts'
import { contentOf } from '../support/vectors.ts'

const place = placeOf('chat', 'alice')
const epoch = epochOf('epoch')

async function* inPieces(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  for (let start = 0, turn = 0; start < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? bytes.length
    yield bytes.subarray(start, start + size)
    start += size
  }
}

/** Seal as a stream with the same random draws as `sealContent` makes. */
async function sealed(content: Uint8Array, sizes: readonly number[], seed: string) {
  const random = fixedRandom(seed)
  const [key, salt] = [random(32), random(32)]
  const file = new MemoryFile()
  const headless = await sealStream(inPieces(content, sizes), key, place, file, {})
  const { root, firstPart, firstHashes } = headless.withHeader(sealHeader(key, salt, place, epoch))
  await file.writePart(0, firstPart)
  await file.writeHashes(0, firstHashes)
  return { file, root, headless, commitment: commitmentOf(key, place) }
}

describe('sealing as a stream', () => {
  it('gives the envelope that sealing in memory gives, however the content comes', async () => {
    const edges = [1, CHUNK_SIZE - 1, CHUNK_SIZE, CHUNK_SIZE + 1, 4 * CHUNK_SIZE, 8 * 1024 * 1024 + 1]
    const size = fc.oneof(fc.constantFrom(...edges), fc.integer({ min: 1, max: 3_000_000 }))
    const sizes = fc.array(fc.integer({ min: 1, max: 300_000 }), { minLength: 1, maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(size, sizes, async (bytes, cuts) => {
        const content = contentOf(bytes)
        const whole = sealContent(content, [], place, openEpochOf('epoch'), fixedRandom('same'))
        const { file, root, headless, commitment } = await sealed(content, cuts, 'same')
        const shape = shapeOf(headless.sizeClass)
        const parts = Array.from({ length: shape.parts }, (_, index) => file.parts.get(index) ?? new Uint8Array())
        expect(equals(concat(parts), whole.envelope)).toBe(true)
        expect(root).toEqual(whole.reference.root)
        expect(commitment).toEqual(whole.reference.commitment)
        expect(headless.size).toBe(bytes)
      }),
      { numRuns: 25 }
    )
  })

  it('leaves the hashes of all parts, by which each window is a node of the tree', async () => {
    const { file, root, headless } = await sealed(contentOf(20_000_000), [1_000_000], 'hashes')
    const shape = shapeOf(headless.sizeClass)
    expect(shape.windows).toBeGreaterThan(2)
    const windows = Array.from({ length: shape.windows }, (_, window) => {
      const hashes = splitHashes(file.hashes.get(window) ?? new Uint8Array())
      expect(hashes.length).toBe(partsOf(shape, window))
      for (const [index, hash] of hashes.entries()) {
        const part = window * 32 + index
        const pieces = splitPart(shape, part, file.parts.get(part) ?? new Uint8Array())
        expect(pieces === undefined ? undefined : hashOfPieces(pieces)).toEqual(hash)
      }
      return rootOf(hashes)
    })
    expect(rootOf(windows)).toEqual(root)
  })

  it('passes on what its source throws', async () => {
    const failing = async function* (): AsyncGenerator<Uint8Array> {
      yield contentOf(1_000_000)
      throw new RangeError('the disk was pulled out')
    }
    await expect(sealStream(failing(), fixedRandom('key')(32), place, new MemoryFile(), {})).rejects.toThrow(
      'pulled out'
    )
  })
})

describe('opening by pieces', () => {
  it('opens each chunk for itself, and refuses what was exchanged', async () => {
    const content = contentOf(MAX_INLINE_SIZE + 5)
    const { reference, details, envelope } = sealContent(content, [], place, openEpochOf('epoch'), fixedRandom('by'))
    expect(checkEnvelope(envelope, reference)).toBe(undefined)
    expect(openContent(envelope, reference, details, place, epoch).ok).toBe(true)
    const opener = new PieceOpener({ reference, details, binding: place, epoch })
    const { shape } = opener
    const pieces: Uint8Array[] = []
    for (let part = 0, start = 0; part < shape.parts; part++) {
      const size = Math.min(envelope.length - start, part === 0 ? 101 + 3 * 65_552 : 4 * 65_552)
      pieces.push(...(splitPart(shape, part, envelope.subarray(start, start + size)) ?? []))
      start += size
    }
    const [header, first, second] = pieces
    if (header === undefined || first === undefined || second === undefined) throw new TypeError('too few pieces')
    expect(opener.openChunk(0, first)).toMatchObject({ ok: false })
    expect(opener.openHeader(header)).toBe(undefined)
    expect(opener.openChunk(0, first)).toEqual({ ok: true, content: content.subarray(0, CHUNK_SIZE) })
    expect(opener.openChunk(1, first)).toEqual({ ok: false, rule: 'chunk-not-authentic' })
    expect(opener.check(0, [header, second, first])).toBe('chunk-not-authentic')
    const last = pieces.at(-1) ?? new Uint8Array()
    // What follows the content is padding.
    expect(opener.openChunk(pieces.length - 2, last)).toMatchObject({ ok: true })
    const shorter = new PieceOpener({
      reference,
      details: { ...details, size: details.size - 1 },
      binding: place,
      epoch
    })
    shorter.openHeader(header)
    expect(shorter.openChunk(4, pieces[5] ?? new Uint8Array())).toEqual({ ok: false, rule: 'padding' })
  })
})
