import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
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
import { comparePostings, type Posting } from '../../src/store/topic-index.ts'
import { idOf } from '../support/places.ts'

const CHAIN = idOf('chat').toString()
const row: BlockRow = {
  author: 'did:walytis:alice',
  epoch: idOf('epoch'),
  ordinal: 1,
  envelope: 1,
  refused: '',
  revoked: false
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
      store.setWanted(idOf('y'), true),
      store.setLocked(idOf('epoch'), idOf('z'), true),
      store.putCursor('app', 5)
    ])
    release()
    await level.close()
    await open()
    const found = await store.row(idOf('x'))
    expect(found).toEqual({ ...row, envelope: number, ordinal })
    expect(await store.envelope(found ?? row)).toEqual(envelope)
    expect(await listed(store.wanted())).toEqual([idOf('y').toString()])
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

  it('does not open what a newer version has written', async () => {
    await metaRows(level).put('version', fromString('2'))
    await expect(ContentStore.open(level, CHAIN, keyStore)).rejects.toThrow(StoreVersionError)
  })

  it('names the state of a block', () => {
    expect(stateOf(row)).toBe('present')
    expect(stateOf({ ...row, envelope: 0 })).toBe('wanted')
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

describe('the topic index', () => {
  const postings = ['a', 'b', 'c', 'd', 'e', 'f'].map(
    (name, index): Posting => ({ height: index >> 1, id: idOf(name) })
  )

  it('finds blocks by topic, in canonical order and its reverse', async () => {
    for (const posting of [...postings].reverse()) await store.write(store.topics.puts(['news', 'all'], posting))
    await store.write(store.topics.puts(['all'], { height: 9, id: idOf('late') }))
    const sorted = [...postings].sort(comparePostings)
    expect(await listed(store.topics.postings('news'))).toEqual(sorted)
    expect(await listed(store.topics.postings('news', true))).toEqual([...sorted].reverse())
    expect((await listed(store.topics.postings('all'))).length).toBe(7)
    expect(await listed(store.topics.postings('new'))).toEqual([])
  })

  it('R33 leaves neither topics nor the ids they lead to on the disk', async () => {
    await store.write([
      ...store.topics.puts(['planted-topic'], { height: 1, id: idOf('planted') }),
      store.putCursor('planted-consumer', 1)
    ])
    await level.close()
    const files = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name))))
    const holds = (bytes: string | Uint8Array) => files.some((file) => file.includes(bytes))
    expect(holds('planted-consumer')).toBe(true)
    expect(holds('planted-topic')).toBe(false)
    expect(holds(idOf('planted').bytes)).toBe(false)
    expect(holds(idOf('planted').toString())).toBe(false)
    await open()
  })
})
