import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createWalytis } from 'walytis'
import type { Block, Walytis } from 'walytis/interface'
import { blockchainSuite, type SuiteContext } from 'walytis/testing'
import { createGroup, createIdentity, type Group, joinGroup, type KeyStore, openKeyStore } from 'walytis-identities'
import { type MutableBlockchain, type MutableEvents, mutable } from 'walytis-mutability'
import { privately } from 'walytis-offchain'

/*
 * What chats stand on, put together as chats do it: edits over private content over a group's chain. Mutability and offchain
 * know nothing of each other, so this is where their being stacked is tested.
 */

interface Member {
  readonly walytis: Walytis
  readonly keyStore: KeyStore
  readonly group: Group
  readonly chain: MutableBlockchain
}

interface Context extends SuiteContext {
  readonly folder: string
  readonly alice: Member
  readonly bob: Member
}

const KEY = { passphrase: 'tests only', argon2: { memoryKiB: 8, passes: 1 } }
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

const VIEWS = { keyEncoding: 'view', valueEncoding: 'view' } as const

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = []
  for await (const item of source) items.push(item)
  return items
}

async function enter(
  folder: string,
  groupFor: (walytis: Walytis, keyStore: KeyStore) => Promise<Group>
): Promise<Member> {
  const walytis = await createWalytis({
    storage: folder,
    listen: ['/ip4/127.0.0.1/tcp/0'],
    discovery: { mdns: false }
  })
  const keyStore = await openKeyStore({ storage: walytis.store, ...KEY })
  const group = await groupFor(walytis, keyStore)
  return { walytis, keyStore, group, chain: await mutable(await privately(group)) }
}

async function setup(): Promise<Context> {
  const folder = await mkdtemp(join(tmpdir(), 'endra-stack-'))
  const alice = await enter(join(folder, 'alice'), async (walytis, keyStore) =>
    createGroup(walytis, keyStore, await createIdentity(walytis, keyStore))
  )
  const invitation = (await alice.group.invite()).toString()
  const bob = await enter(join(folder, 'bob'), async (walytis, keyStore) =>
    joinGroup(walytis, keyStore, await createIdentity(walytis, keyStore), invitation)
  )
  return { chain: alice.chain, second: bob.chain, folder, alice, bob }
}

async function teardown({ alice, bob, folder }: Context): Promise<void> {
  for (const { chain, group, keyStore, walytis } of [alice, bob]) {
    await chain.close()
    await group.close()
    await keyStore.close()
    await walytis.stop()
  }
  await rm(folder, { recursive: true, force: true })
}

blockchainSuite<Context>('a mutable chain over a private one', {
  setup,
  teardown
})

describe('edits over private content', () => {
  let context: Context
  beforeEach(async () => {
    context = await setup()
  })
  afterEach(async () => await teardown(context))

  const next = <K extends keyof MutableEvents>(chain: MutableBlockchain, type: K): Promise<MutableEvents[K]> =>
    new Promise((resolve) => chain.addEventListener(type, resolve, { once: true }))
  const textOf = async (block: Block): Promise<string> => new TextDecoder().decode(await block.content())

  it('R31 are shown to the other member, and only the author may make them', async () => {
    const { alice, bob } = context
    const added = next(bob.chain, 'block:added')
    const block = await alice.chain.add(bytes('milk'), { topics: ['shopping'] })
    const seen = (await added).detail.block
    expect(seen.author).toBe(alice.group.me.did)
    await expect(seen.edit(bytes('beer'))).rejects.toMatchObject({ name: 'ChangeDeniedError' })

    const edited = next(bob.chain, 'block:edited')
    const now = await block.edit(bytes('milk, bread'))
    expect(await textOf((await edited).detail.block)).toBe('milk, bread')
    const deleted = next(bob.chain, 'block:deleted')
    const gone = await now.delete()
    expect((await deleted).detail.block.id.equals(block.id)).toBe(true)
    expect(await bob.chain.count()).toBe(0)
    const restored = next(bob.chain, 'block:restored')
    await gone.restore()
    expect(await textOf((await restored).detail.block)).toBe('milk, bread')
    const kinds: string[] = []
    for await (const { kind } of (await bob.chain.get(block.id)).versions()) kinds.push(kind)
    expect(kinds).toEqual(['original', 'update', 'delete', 'restore'])
  })

  it('R32 leave neither their content nor that they are edits on the chain', async () => {
    const { alice } = context
    const block = await alice.chain.add(bytes('a plain text'), { topics: ['shopping'] })
    await block.edit(bytes('another plain text'))
    for await (const record of alice.group.blockchain.records()) {
      const stored = Buffer.concat([record.block.bytes, record.content])
      for (const text of ['plain text', 'shopping', 'mutability']) expect(stored.includes(text)).toBe(false)
    }
  })

  it('R32 R33 leave nothing in clear on the disk: no text, no topic, not even that they are edits, or of what', async () => {
    const { alice } = context
    const block = await alice.chain.add(bytes('a PLANTED text'), { topics: ['PLANTED topic'] })
    const edited = await block.edit(bytes('another PLANTED text'))
    const versions = await all(edited.versions())
    expect(await alice.chain.count({ topics: { all: ['PLANTED topic'] } })).toBe(1)
    // Rows of the index are there, and what is searched for is found where it is.
    const disk = await all(alice.walytis.store.iterator<Uint8Array, Uint8Array>({ ...VIEWS }))
    const found = (what: Uint8Array): number =>
      disk.filter(([key, value]) => Buffer.from(key).includes(what) || Buffer.from(value).includes(what)).length
    const rows = disk.filter(([key]) => Buffer.from(key).includes('private/walytis-mutability'))
    expect(rows.length).toBeGreaterThan(3)
    expect(found(block.id.bytes)).toBeGreaterThan(0)
    for (const word of ['PLANTED', 'mutability:', 'update', 'shows'])
      expect([word, found(bytes(word))]).toEqual([word, 0])
    // Which block is an edit of which: no row of the index names any of them.
    for (const [key, value] of rows) {
      for (const { id } of versions) expect(Buffer.concat([key, value]).includes(id.bytes)).toBe(false)
    }
  })

  it('take effect where contents are fetched only when they are read', async () => {
    const { alice, bob } = context
    await bob.chain.close()
    const block = await alice.chain.add(bytes('one'))
    await (await block.edit(bytes('two'))).edit(bytes('three'))
    const frugal = await privately(bob.group, { fetch: 'on-demand' })
    const again = await mutable(frugal)
    const shown = async (): Promise<boolean> =>
      (await again.has(block.id)) && (await again.get(block.id)).editedAt !== undefined
    while (!(await shown())) {
      await new Promise<void>((resolve) => {
        for (const type of ['block:edited', 'block:added'] as const) {
          again.addEventListener(type, () => resolve(), { once: true })
        }
        // The last of them may have come before anybody listened.
        void shown().then((isShown) => isShown && resolve())
      })
    }
    await again.close()
  })

  it('take effect for who comes back after they were made', async () => {
    const { alice, bob } = context
    const added = next(bob.chain, 'block:added')
    const block = await alice.chain.add(bytes('one'))
    await added
    await bob.chain.close()
    await (await block.edit(bytes('two'))).edit(bytes('three'))
    const again = await mutable(await privately(bob.group))
    if ((await textOf(await again.get(block.id))) !== 'three') {
      await new Promise<void>((resolve) => {
        again.addEventListener('block:edited', async ({ detail }) => {
          if ((await textOf(detail.block)) === 'three') resolve()
        })
      })
    }
    expect(await again.count()).toBe(1)
    await again.close()
  })
})
