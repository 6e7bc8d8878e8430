import { readdir, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Level } from 'level'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openStore, storeError } from '../../src/storage/open-store.ts'
import { checkStoreVersion } from '../../src/storage/version.ts'
import { alice } from '../../src/testing/actors.ts'
import { bytes, createChain, NOBODY, openLocalNode, temporaryFolder } from '../support/local-chains.ts'

describe('openStore', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>

  beforeEach(async () => {
    folder = await temporaryFolder()
  })

  afterEach(async () => {
    await folder[Symbol.asyncDispose]()
  })

  it('F18 refuses a store that is in use', async () => {
    const first = await openStore(folder.path)
    await expect(openStore(folder.path)).rejects.toMatchObject({ name: 'StoreLockedError', location: folder.path })
    await first.close()
    await (await openStore(folder.path)).close()
  })

  it('refuses a damaged store', async () => {
    const node = await openLocalNode(folder.path)
    const { blockchain } = await createChain(node)
    for (let index = 0; index < 20; index++) await blockchain.add(bytes(`${index}`))
    await node.stop()
    const manifest = (await readdir(folder.path)).find((name) => name.startsWith('MANIFEST'))
    await truncate(join(folder.path, manifest ?? ''), 10)
    await expect(openStore(folder.path)).rejects.toMatchObject({ name: 'StoreCorruptError' })
  })

  it('says what is wrong with a folder that is a file', async () => {
    const path = join(folder.path, 'file')
    await writeFile(path, 'not a folder')
    await expect(openStore(path)).rejects.toMatchObject({ name: 'StoreFailedError' })
  })

  it('knows damage when libp2p meets it first', async () => {
    const failure = (text: string): Error => Object.assign(new Error(text), { name: 'PutFailedError' })
    const store = new Level(folder.path)
    const corrupt = failure('Error: Corruption: corrupted compressed block contents')
    expect(storeError(store, corrupt)).toMatchObject({ name: 'StoreCorruptError', cause: corrupt })
    expect(storeError(store, failure('Error: IO error: no space'))).toMatchObject({ name: 'StoreFailedError' })
    // it opens itself, which must not make files while the folder is being removed
    await store.close()
  })

  it('refuses the store of a newer version', async () => {
    const store = new Level(folder.path)
    await checkStoreVersion(store)
    await checkStoreVersion(store)
    await store.sublevel(['walytis', 'meta'], {}).put('version', '2')
    await expect(checkStoreVersion(store)).rejects.toMatchObject({ name: 'StoreVersionError', found: 2, supported: 1 })
    await store.sublevel(['walytis', 'meta'], {}).put('version', 'x')
    await expect(checkStoreVersion(store)).rejects.toMatchObject({ name: 'StoreCorruptError' })
    await store.close()
  })

  it('notices a damaged block when it is read', async () => {
    const node = await openLocalNode(folder.path)
    const { blockchain } = await createChain(node)
    const block = await blockchain.add(bytes('x'))
    await node.stop()
    const again = await openLocalNode(folder.path)
    const rows = again.store.sublevel<Uint8Array, Uint8Array>(['walytis', 'chain', blockchain.id], {
      keyEncoding: 'view',
      valueEncoding: 'view'
    })
    await rows.put(Uint8Array.of(0x62, ...block.id.bytes), Uint8Array.of(1, 2, 3))
    const opened = await again.chains.open(blockchain.id, { signer: alice.signer, accessControl: NOBODY })
    const named = { name: 'DamagedRecordError', part: 'block', block: block.id.toString() }
    await expect(opened.blockchain.get(block.id)).rejects.toMatchObject(named)
    await again.stop()
  })
})
