import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Level } from 'level'
import { equals } from 'uint8arrays'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Store } from 'walytis/interface'
import { sealHeader } from '../../src/envelope/header.ts'
import { PieceOpener } from '../../src/envelope/piece-opener.ts'
import { sealContent } from '../../src/envelope/seal.ts'
import { splitPart } from '../../src/envelope/shape.ts'
import { noWindows, withWindow } from '../../src/store/file-row.ts'
import { LargeStore } from '../../src/store/large-store.ts'
import { epochOf, fixedRandom, idOf, openEpochOf, placeOf } from '../support/places.ts'
import { contentOf } from '../support/vectors.ts'

const CHAIN = 'chain'

let folder: string
let store: Store
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'offchain-store-'))
  store = new Level(folder)
  await store.open()
})
afterEach(async () => {
  await store.close()
  await rm(folder, { recursive: true, force: true })
})

async function files(): Promise<string[]> {
  return (await readdir(join(folder, 'walytis-offchain', CHAIN))).sort()
}

/** What a process that was killed leaves, seen by the next one. */
async function reopened(): Promise<LargeStore> {
  await store.close()
  await store.open()
  return await LargeStore.open(store, CHAIN)
}

async function write(large: LargeStore, number: number): Promise<void> {
  await large.use(number, async (file) => {
    await file.writePart(0, new Uint8Array(100).fill(number))
    await file.sync()
  })
}

describe('large envelopes at rest', () => {
  it('F1 are gone at the next start when the process ended while they were sealed', async () => {
    const large = await LargeStore.open(store, CHAIN)
    await large.begin(1)
    await write(large, 1)
    await large.begin(2)
    await write(large, 2)
    await store.batch<string, Uint8Array>([large.whole(2, idOf('written'))], {})
    expect(await files()).toHaveLength(2)
    const next = await reopened()
    expect(next.has(1)).toBe(false)
    expect(next.has(2)).toBe(true)
    expect(await files()).toEqual(['00000000000002'])
  })

  it('F1 keep the windows that were noted, and are known by their block', async () => {
    const large = await LargeStore.open(store, CHAIN)
    const windows = withWindow(noWindows(9), 8)
    await large.beginPartial(idOf('fetched'), { number: 5, windows: noWindows(9) })
    await write(large, 5)
    await large.setPartial(idOf('fetched'), { number: 5, windows })
    const next = await reopened()
    expect(next.partial(idOf('fetched'))).toEqual({ number: 5, windows })
    expect(next.partial(idOf('other'))).toBe(undefined)
  })

  it('are gone at the next start when they were forsaken, and so is a file of which no row knows', async () => {
    const large = await LargeStore.open(store, CHAIN)
    await large.beginPartial(idOf('removed'), { number: 3, windows: noWindows(1) })
    await write(large, 3)
    await store.batch<string, Uint8Array>([large.forsake(3)], {})
    await large.use(4, async (file) => await file.writePart(0, new Uint8Array(10)))
    expect(await files()).toHaveLength(2)
    await reopened()
    expect(await files()).toEqual([])
  })

  it('are unreadable with every key once their wrapped key is destroyed, whatever else is left of them', async () => {
    const [place, epoch] = [placeOf('chat', 'alice'), epochOf('epoch')]
    const content = contentOf(300_000)
    const sealed = sealContent(content, [], place, openEpochOf('epoch'), fixedRandom('shred'))
    const keys = { reference: sealed.reference, details: sealed.details, binding: place, epoch }
    const { shape } = new PieceOpener(keys)
    const first = sealed.envelope.subarray(0, 101 + 3 * 65_552)
    const large = await LargeStore.open(store, CHAIN)
    await large.begin(6)
    const path = join(folder, 'walytis-offchain', CHAIN, '00000000000006')
    await large.use(6, async (file) => {
      await file.writePart(0, first)
      const before = new PieceOpener(keys)
      expect(before.check(0, splitPart(shape, 0, (await file.readPart(0, first.length)) ?? first) ?? [])).toBe(
        undefined
      )
      // Somebody has the file open while it is destroyed, and so sees what the disk had last.
      await large.remove(6)
      const left = (await file.readPart(0, first.length)) ?? new Uint8Array()
      expect(left.subarray(0, 101)).toEqual(new Uint8Array(101))
      expect(equals(left.subarray(101), first.subarray(101))).toBe(true)
      const after = new PieceOpener(keys)
      expect(after.check(0, splitPart(shape, 0, left) ?? [])).toBe('header-malformed')
      // A new header wraps another key, which opens nothing.
      const [header, chunk = new Uint8Array()] = splitPart(shape, 0, left) ?? []
      const forged = sealHeader(fixedRandom('other')(32), fixedRandom('salt')(32), place, epoch)
      expect(header?.length).toBe(forged.length)
      expect(after.openHeader(forged)).toBe('key-commitment')
      expect(after.openChunk(0, chunk).ok).toBe(false)
    })
    await expect(readFile(path)).rejects.toMatchObject({ code: 'ENOENT' })
  })
})
