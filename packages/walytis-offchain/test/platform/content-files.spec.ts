import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Level } from 'level'
import { equals } from 'uint8arrays'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Store } from 'walytis/interface'
import type { ContentFiles } from '../../src/platform/content-files.ts'
import { openFolder as openNoFolder } from '../../src/platform/folder.browser.ts'
import { openFolder } from '../../src/platform/folder.ts'
import { RowFiles } from '../../src/store/row-files.ts'

const LAYOUT = { partSlot: 100, hashSlot: 64, windowParts: 2, headerSize: 10 }

let folder: string
let store: Store
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'offchain-files-'))
  store = new Level(folder)
  await store.open()
})
afterEach(async () => {
  await store.close()
  await rm(folder, { recursive: true, force: true })
})

const kinds: [string, () => ContentFiles][] = [
  ['flat files', () => openFolder(folder, 'chain', LAYOUT) ?? new RowFiles(store, 'none')],
  ['rows', () => new RowFiles(store, 'chain')]
]

describe.each(kinds)('large envelopes as %s', (_, filesOf) => {
  it('give what was written in any order, and nothing else', async () => {
    const files = filesOf()
    const file = await files.open(3)
    const parts = [0, 1, 2, 3, 4].map((index) => new Uint8Array(index === 4 ? 60 : 100).fill(index + 1))
    for (const index of [4, 0, 2, 3, 1]) await file.writePart(index, parts[index] ?? new Uint8Array())
    await file.writeHashes(1, new Uint8Array(64).fill(9))
    await file.sync()
    await file.close()
    const again = await files.open(3)
    for (const [index, part] of parts.entries()) expect(await again.readPart(index, part.length)).toEqual(part)
    expect(await again.readHashes(1, 64)).toEqual(new Uint8Array(64).fill(9))
    expect(await again.readPart(7, 100)).toBe(undefined)
    await again.close()
  })

  it('are listed, and gone once removed', async () => {
    const files = filesOf()
    for (const number of [1, 0x20, 300]) {
      const file = await files.open(number)
      await file.writePart(0, new Uint8Array(100))
      await file.writePart(1, new Uint8Array(100))
      await file.close()
    }
    expect((await files.list()).sort((a, b) => a - b)).toEqual([1, 0x20, 300])
    await files.remove(0x20)
    await files.remove(0x20)
    expect((await files.list()).sort((a, b) => a - b)).toEqual([1, 300])
    const file = await files.open(0x20)
    expect(await file.readPart(0, 100)).toBe(undefined)
    await file.close()
  })
})

it('lie beside the database, and do not trouble it', async () => {
  const files = openFolder(folder, 'chain', LAYOUT)
  const file = await files?.open(1)
  await file?.writePart(0, new Uint8Array(100).fill(7))
  await file?.close()
  await store.put('a', 'b')
  await store.close()
  await store.open()
  expect(await store.get('a')).toBe('b')
  const [name = ''] = await readdir(join(folder, 'walytis-offchain', 'chain'))
  const written = await readFile(join(folder, 'walytis-offchain', 'chain', name))
  expect(equals(written.subarray(64), new Uint8Array(100).fill(7))).toBe(true)
})

it('are rows where there are no folders', () => {
  expect(openNoFolder(folder, 'chain', LAYOUT)).toBe(undefined)
})
