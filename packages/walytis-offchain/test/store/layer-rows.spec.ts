import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createWalytis } from 'walytis'
import type { BaseBlockchain, LayerRows, Walytis } from 'walytis/interface'
import { type KeyStore, openKeyStore } from 'walytis-identities'
import { sealedRows } from '../../src/store/layer-rows.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (value: Uint8Array | undefined): string | undefined => value && new TextDecoder().decode(value)
const at = (group: string, key: string) => ({ group: bytes(group), key: bytes(key) })

let walytis: Walytis
let chain: BaseBlockchain
let keyStore: KeyStore
let rows: LayerRows

beforeEach(async () => {
  walytis = await createWalytis({ listen: [], discovery: { mdns: false } })
  chain = await walytis.create()
  keyStore = await openKeyStore({ storage: walytis.store, key: new Uint8Array(32).fill(5) })
  rows = sealedRows(chain, 'views', keyStore)
})
afterEach(async () => {
  await keyStore.close()
  await walytis.stop()
})

async function shown(group: string): Promise<string[]> {
  const found: string[] = []
  for await (const [key, value] of rows.list(bytes(group))) found.push(`${text(key)}=${text(value)}`)
  return found.sort()
}

describe('rows of a layer above a private chain', () => {
  it('are found by group and key, and gone when they are deleted', async () => {
    await rows.write([
      { ...at('notes', 'milk'), value: bytes('1') },
      { ...at('notes', 'bread'), value: bytes('2') },
      { ...at('note', 'smilk'), value: bytes('3') }
    ])
    expect(await shown('notes')).toEqual(['bread=2', 'milk=1'])
    const got = await rows.get([at('notes', 'bread'), at('notes', 'none'), at('note', 'smilk')])
    expect(got.map(text)).toEqual(['2', undefined, '3'])
    await rows.write([at('notes', 'milk'), { ...at('notes', 'bread'), value: bytes('4') }])
    expect(await shown('notes')).toEqual(['bread=4'])
    await rows.clear()
    expect(await shown('notes')).toEqual([])
  })

  it('R32 show neither group, key nor value on the disk', async () => {
    await walytis.store.put('canary', 'CANARY: the search finds what is there')
    await rows.write([{ ...at('PLANTED-group', 'PLANTED-key'), value: bytes('PLANTED-value') }])
    const disk: Uint8Array[] = []
    for await (const row of walytis.store.iterator<Uint8Array, Uint8Array>({
      keyEncoding: 'view',
      valueEncoding: 'view'
    }))
      disk.push(...row)
    expect(Buffer.concat(disk).includes('CANARY')).toBe(true)
    expect(Buffer.concat(disk).includes('PLANTED')).toBe(false)
  })

  it('R33 can not be put in the place of another', async () => {
    await rows.write([
      { ...at('notes', 'milk'), value: bytes('1') },
      { ...at('notes', 'bread'), value: bytes('2') }
    ])
    const beneath = chain.rows?.('private/views')
    const group = (await groupsOf(walytis)) as Uint8Array
    const found: (readonly [Uint8Array, Uint8Array])[] = []
    for await (const row of beneath?.list(group) ?? []) found.push(row)
    const [[one], [, other]] = found as [(typeof found)[number], (typeof found)[number]]
    await beneath?.write([{ group, key: one, value: other }])
    await expect(shown('notes')).rejects.toMatchObject({ name: 'KeyStoreCorruptError' })
  })
})

/** The only group of the layer that has rows on the disk. */
async function groupsOf(node: Walytis): Promise<Uint8Array | undefined> {
  const name = bytes('private/views')
  for await (const key of node.store.keys<Uint8Array>({ keyEncoding: 'view' })) {
    const start = Buffer.from(key).indexOf(Buffer.concat([Uint8Array.of(name.length), name]))
    if (start !== -1 && key.length > start + name.length + 17)
      return key.slice(start + name.length + 2, start + name.length + 18)
  }
  return undefined
}
