import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Level } from 'level'
import { fromString } from 'uint8arrays'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Store } from 'walytis/interface'
import { type KeyStore, openKeyStore } from 'walytis-identities'
import { StoreVersionError } from '../../src/errors.ts'
import { type BlockRow, decodeLogEntry, decodeRow, encodeRow, stateOf } from '../../src/store/block-row.ts'
import { ContentStore } from '../../src/store/content-store.ts'
import { metaRows } from '../../src/store/store-keys.ts'
import { idOf } from '../support/places.ts'

const CHAIN = idOf('chat').toString()
const row: BlockRow = {
  author: 'did:walytis:alice',
  epoch: idOf('epoch'),
  ordinal: 1,
  envelope: 1,
  refused: '',
  revoked: false,
  wish: 'policy'
}

let folder: string
let level: Store
let keyStore: KeyStore
let store: ContentStore

async function open(): Promise<void> {
  level = new Level<string, string>(folder)
  await level.open()
  keyStore = await openKeyStore({ storage: level, key: new Uint8Array(32).fill(5) })
  store = await ContentStore.open(level, CHAIN, keyStore)
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'offchain-store-'))
  await open()
})
afterEach(async () => {
  await level.close()
  await rm(folder, { recursive: true })
})

const listed = async <T>(source: AsyncIterable<T>): Promise<T[]> => {
  const items: T[] = []
  for await (const item of source) items.push(item)
  return items
}

describe('the content store', () => {
  it('gives back after reopening what one batch wrote, and goes on counting from there', async () => {
    const envelope = new Uint8Array(300).fill(4)
    const number = store.nextEnvelope()
    const { ordinal, release } = store.reserve()
    await store.write([
      store.putEnvelope(number, envelope),
      store.putRow(idOf('x'), { ...row, envelope: number, ordinal }),
      store.putLogEntry(ordinal, { kind: 'block', id: idOf('x').toString() }),
      store.putAbsent({ id: idOf('y'), sizeClass: 1024, pinned: true }),
      store.setLocked(idOf('epoch'), idOf('z'), true),
      store.putCursor('app', 5)
    ])
    release()
    await level.close()
    await open()
    const found = await store.row(idOf('x'))
    expect(found).toEqual({ ...row, envelope: number, ordinal })
    expect(await store.envelope(found ?? row)).toEqual(envelope)
    expect(await listed(store.absent())).toEqual([{ id: idOf('y'), sizeClass: 1024, pinned: true }])
    expect(await listed(store.locked(idOf('epoch').toString()))).toEqual([idOf('z').toString()])
    expect(await listed(store.locked(idOf('other').toString()))).toEqual([])
    expect(await store.lockedEpochs()).toEqual(new Set([idOf('epoch').toString()]))
    expect(await store.cursor('app')).toBe(5)
    expect(await store.cursor('other')).toBe(undefined)
    expect(store.nextEnvelope()).toBe(number + 1)
    expect(store.reserve().ordinal).toBe(ordinal + 1)
  })

  it('knows nothing of another chain', async () => {
    await store.write([store.putRow(idOf('x'), row), store.putEnvelope(1, new Uint8Array(3))])
    const other = await ContentStore.open(level, idOf('other chat').toString(), keyStore)
    expect(await other.row(idOf('x'))).toBe(undefined)
    expect(await other.envelope(row)).toBe(undefined)
  })

  it('lets readers of the log see nothing past a number whose write is on its way', async () => {
    const first = store.reserve()
    const second = store.reserve()
    await store.write([store.putLogEntry(second.ordinal, { kind: 'block', id: 'second' })])
    second.release()
    expect(store.horizon()).toBe(first.ordinal - 1)
    expect(await listed(store.log({ after: 0 }))).toEqual([])
    await store.write([store.putLogEntry(first.ordinal, { kind: 'block', id: 'first' })])
    first.release()
    expect((await listed(store.log({ after: 0 }))).map(([, entry]) => entry.id)).toEqual(['first', 'second'])
    expect((await listed(store.log({ after: 1, reverse: true }))).map(([, entry]) => entry.id)).toEqual(['second'])
  })

  it('finds the epochs whose seeds are missing by one row of each', async () => {
    const waiting = ['a', 'b'].flatMap((epoch) =>
      ['1', '2', '3'].map((block) => store.setLocked(idOf(epoch), idOf(block), true))
    )
    await store.write(waiting)
    expect(await store.lockedEpochs()).toEqual(new Set([idOf('a').toString(), idOf('b').toString()]))
  })

  it('does not open what a newer version has written', async () => {
    await metaRows(level).put('version', fromString('2'))
    await expect(ContentStore.open(level, CHAIN, keyStore)).rejects.toThrow(StoreVersionError)
  })

  it('names the state of a block', () => {
    expect(stateOf(row)).toBe('present')
    expect(stateOf({ ...row, envelope: 0 })).toBe('absent')
    expect(stateOf({ ...row, ordinal: 0 })).toBe('locked')
    expect(stateOf({ ...row, refused: 'padding' })).toBe('refused')
  })

  it('says that it is damaged instead of misreading a row', () => {
    expect(decodeRow(encodeRow(row))).toEqual(row)
    expect(decodeRow(encodeRow({ ...row, epoch: null })).epoch).toBe(null)
    expect(() => decodeRow(encodeRow(row).subarray(1))).toThrow('can not be read')
    expect(() => decodeRow(encodeRow({ ...row, ordinal: -1 }))).toThrow('can not be read')
    expect(() => decodeLogEntry(encodeRow(row))).toThrow('can not be read')
  })
})
