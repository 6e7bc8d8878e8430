import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { gunzipSync } from 'node:zlib'
import { openStore } from '../../src/storage/open-store.ts'

/** A chain in a stored store, with all that it should hold. */
export interface StoredChain {
  readonly id: string
  /** All blocks but the genesis, revoked ones included, in canonical order. */
  readonly blocks: {
    readonly id: string
    readonly height: number
    readonly author: string
    readonly seq: number
    readonly topics: string[]
    readonly size: number
    readonly time: number
    readonly revoked: boolean
    /** Digest of the content. */
    readonly content: string
  }[]
  /** Ids of those in effect, as they arrived. */
  readonly arrived: string[]
  readonly heads: string[]
}

/** A store that some version has written, and what is in it. */
export interface StoreFixture {
  readonly peer: string
  /** By which one more may join. */
  readonly invitation: string
  readonly notes: StoredChain
  readonly votes: StoredChain
  /** Keys and values, in base64. */
  readonly rows: [string, string][]
}

export function contentDigest(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}

/** @param version of the layout */
export async function readStoreFixture(version: number): Promise<StoreFixture> {
  const packed = await readFile(new URL(`../fixtures/v${version}/store.json.gz`, import.meta.url))
  return JSON.parse(gunzipSync(packed).toString())
}

/** Lay the rows into a LevelDB folder. */
export async function unpackStore({ rows }: StoreFixture, folder: string): Promise<void> {
  const store = await openStore(folder)
  await store.open()
  const writes = rows.map(([key, value]) => ({
    type: 'put' as const,
    key: Buffer.from(key, 'base64'),
    value: Buffer.from(value, 'base64'),
    keyEncoding: 'buffer' as const,
    valueEncoding: 'buffer' as const
  }))
  await store.batch<Buffer, Buffer>(writes, {})
  await store.close()
}
