import { MemoryLevel } from 'memory-level'
import { describe, expect, it } from 'vitest'
import type { Store } from 'walytis/interface'
import { type ExportOptions, exportKeyStore, importKeyStore } from '../src/backup.ts'
import { deviceOf } from '../src/device.ts'
import { encodeCanonical } from '../src/encoding/canonical.ts'
import { createGroup, loadGroup } from '../src/group.ts'
import { verifyIdentityEvidence } from '../src/identity/verify-evidence.ts'
import { createIdentity, loadIdentity } from '../src/identity.ts'
import type { KeyStore } from '../src/interface/key-store.ts'
import { openKeyStore } from '../src/keys/key-store.ts'
import { collect } from './support/collect.ts'
import { dieAtBatch } from './support/dying-store.ts'
import { testNode } from './support/nodes.ts'
import { CHEAP_ARGON2 } from './support/temp.ts'

const passphrase = 'written on paper'
const bytes = new TextEncoder().encode('for later')
const cheap = { argon2: CHEAP_ARGON2 }

function newStore(storage: Store = new MemoryLevel<string, string>()): Promise<KeyStore> {
  return openKeyStore({ storage, key: crypto.getRandomValues(new Uint8Array(32)) })
}

async function backupOf(keyStore: KeyStore, options: ExportOptions = {}): Promise<Uint8Array> {
  const pieces = await collect(exportKeyStore(keyStore, { passphrase }, { ...cheap, ...options }))
  return new Uint8Array(Buffer.concat(pieces))
}

/** The frames of a backup, each with its length before it. */
function framesIn(backup: Uint8Array): Uint8Array[] {
  const frames: Uint8Array[] = []
  for (let at = 0; at < backup.length; ) {
    const end = at + 4 + Buffer.from(backup).readUInt32BE(at)
    frames.push(backup.subarray(at, end))
    at = end
  }
  return frames
}

async function namesIn(keyStore: KeyStore): Promise<string[]> {
  return collect(keyStore.names(''))
}

/** A key store with 100 records of 4 KiB: several chunks. */
async function bigStore(): Promise<KeyStore> {
  const store = await newStore()
  for (let index = 0; index < 100; index++) {
    await store.put(`record/${index}`, new Uint8Array(4096).fill(index))
  }
  return store
}

describe('an exported key store', () => {
  it('is taken in whole by another one, however its bytes arrive', async () => {
    const store = await bigStore()
    const backup = await backupOf(store)
    expect(framesIn(backup).length).toBeGreaterThan(4)
    for (const size of [17, 1000, backup.length]) {
      const pieces = Array.from({ length: Math.ceil(backup.length / size) }, (_, index) =>
        backup.subarray(index * size, (index + 1) * size)
      )
      const other = await newStore()
      expect(await importKeyStore(other, pieces, { passphrase })).toEqual({ added: 100 })
      expect(await namesIn(other)).toEqual(await namesIn(store))
      expect(await other.get('record/7')).toEqual(new Uint8Array(4096).fill(7))
      expect(await importKeyStore(other, pieces, { passphrase })).toEqual({ added: 0 })
    }
  })

  it('holds the profiles that were asked for, of the several in one key store', async () => {
    const node = await testNode()
    const alice = await createIdentity(node.walytis, node.keyStore)
    const bob = await createIdentity(node.walytis, node.keyStore)
    const group = await createGroup(node.walytis, node.keyStore, alice)
    const sealed = await group.encryptTo(bytes)
    await alice.rotate()
    const all = await newStore()
    const signing = true
    await importKeyStore(all, [await backupOf(node.keyStore, { signing })], { passphrase })
    expect(await namesIn(all)).toEqual(await namesIn(node.keyStore))
    const some = await newStore()
    await importKeyStore(some, [await backupOf(node.keyStore, { signing, of: [alice.did, group.did] })], { passphrase })
    const names = await namesIn(some)
    expect(names).toEqual((await namesIn(node.keyStore)).filter((name) => !name.includes(bob.did)))
    expect(names.some((name) => name.includes(group.did))).toBe(true)
    await group.close()
    await alice.close()
    const [again, device] = [some, await loadIdentity(node.walytis, some, alice.did)]
    const same = await loadGroup(node.walytis, again, group.did, { member: device })
    expect(await same.decrypt(sealed)).toEqual(bytes)
    await same.close()
  })

  it('F17 has no keys that sign unless asked, so that a restored backup forks nobody', async () => {
    const node = await testNode()
    const alice = await createIdentity(node.walytis, node.keyStore)
    const sealed = await alice.encryptTo(bytes)
    await alice.close()
    const restored = await newStore()
    await importKeyStore(restored, [await backupOf(node.keyStore)], { passphrase })
    expect((await namesIn(restored)).map((name) => name.split('/')[2])).toEqual(['access', 'kem'])
    await expect(loadIdentity(node.walytis, restored, alice.did)).rejects.toMatchObject({
      name: 'UnknownIdentityError'
    })

    const moved = await newStore()
    await importKeyStore(moved, [await backupOf(node.keyStore, { signing: true })], { passphrase })
    const again = await loadIdentity(node.walytis, moved, alice.did)
    expect(await again.decrypt(sealed)).toEqual(bytes)
  })

  it('F17 two that run with the same keys all the same come to one state, wherever their blocks meet', async () => {
    const original = await testNode()
    const alice = await createIdentity(original.walytis, original.keyStore)
    const { did } = alice
    await alice.close()
    const storage: Store = new MemoryLevel<string, string>()
    const raw = { keyEncoding: 'view', valueEncoding: 'view' } as const
    for await (const [key, value] of original.store.iterator<Uint8Array, Uint8Array>(raw)) {
      await storage.put<Uint8Array, Uint8Array>(key, value, raw)
    }
    const copy = await testNode(storage)
    const [one, two] = [
      await loadIdentity(original.walytis, original.keyStore, did),
      await loadIdentity(copy.walytis, copy.keyStore, did)
    ]
    await one.updateDocument({ services: [{ id: 'one', type: 'T', endpoint: 'x:one' }] })
    await one.rotate()
    await two.rotate()
    const [first, second] = [(await deviceOf(one)?.evidence()) ?? [], (await deviceOf(two)?.evidence()) ?? []]
    const [genesis] = first
    expect(genesis).toEqual(second[0])
    const merged = genesis === undefined ? [] : [genesis, ...first.slice(1), ...second.slice(1)]
    const reversed = genesis === undefined ? [] : [genesis, ...second.slice(1), ...first.slice(1)]
    const state = await verifyIdentityEvidence(did, merged)
    expect(state).toHaveProperty('lineage')
    expect(await verifyIdentityEvidence(did, reversed)).toEqual(state)
  })

  it('opens with its own passphrase or key alone', async () => {
    const store = await newStore()
    await store.put('a', bytes)
    const backup = await backupOf(store)
    const other = await newStore()
    const wrong = { name: 'WrongPassphraseError' }
    await expect(importKeyStore(other, [backup], { passphrase: 'other' })).rejects.toMatchObject(wrong)
    await expect(importKeyStore(other, [backup], { key: new Uint8Array(32) })).rejects.toMatchObject(wrong)
    await expect(importKeyStore(other, [backup], {})).rejects.toMatchObject({ name: 'InvalidArgumentError' })
    const key = crypto.getRandomValues(new Uint8Array(32))
    const keyed = await collect(exportKeyStore(store, { key }))
    await expect(importKeyStore(other, keyed, { passphrase })).rejects.toMatchObject(wrong)
    expect(await namesIn(other)).toEqual([])
    expect(await importKeyStore(other, keyed, { key })).toEqual({ added: 1 })
  })

  it('R33 shows neither secrets nor their names', async () => {
    const store = await newStore()
    await store.put('identity/name', bytes)
    const backup = Buffer.from(await backupOf(store))
    expect(backup.includes(bytes)).toBe(false)
    expect(backup.includes('identity/name')).toBe(false)
  })

  it('gives nothing when it was changed, cut off, put in another order, or has more after its end', async () => {
    const backup = await backupOf(await bigStore())
    const frames = framesIn(backup)
    const [header = new Uint8Array(), first = new Uint8Array(), second = new Uint8Array(), ...rest] = frames
    const flipped = (index: number) => backup.map((byte, at) => (at === index ? byte ^ 1 : byte))
    const damaged: Uint8Array[][] = [
      [],
      [header],
      [header, first],
      frames.slice(0, -1),
      [header, second, first, ...rest],
      [header, first, first, second, ...rest],
      [...frames, first],
      [...frames, new Uint8Array([0])],
      [header, ...rest],
      [backup.subarray(0, backup.length - 1)],
      [backup.subarray(0, 2)],
      [new TextEncoder().encode('not a backup at all')],
      ...[3, 4, 10, 60, header.length - 1, header.length + 5, header.length + 500, backup.length - 1].map((index) => [
        flipped(index)
      ])
    ]
    const other = await newStore()
    for (const [index, pieces] of damaged.entries()) {
      const failure = await importKeyStore(other, pieces, { passphrase }).catch((error: Error) => error.name)
      expect([index, failure]).toEqual([index, 'BackupCorruptError'])
      expect(await namesIn(other)).toEqual([])
    }
    const future = encodeCanonical({ v: 2, future: true })
    const newer = new Uint8Array([0, 0, 0, future.length, ...future])
    await expect(importKeyStore(other, [newer], { passphrase })).rejects.toMatchObject({ name: 'KeyStoreVersionError' })
  })

  it('never takes a store header for that of a backup', async () => {
    const storage: Store = new MemoryLevel<string, string>()
    await openKeyStore({ storage, passphrase, ...cheap })
    const rows = storage.sublevel<string, Uint8Array>('walytis-identities-key-store', { valueEncoding: 'view' })
    const header = (await rows.get('header')) ?? new Uint8Array()
    const frame = new Uint8Array([0, 0, 0, header.length, ...header])
    await expect(importKeyStore(await newStore(), [frame], { passphrase })).rejects.toMatchObject({
      name: 'BackupCorruptError'
    })
  })

  it('replaces what differs only when told to', async () => {
    const store = await newStore()
    await store.put('a', bytes)
    await store.put('b', bytes)
    const backup = await backupOf(store)
    const other = await newStore()
    await other.put('b', new Uint8Array([1]))
    await expect(importKeyStore(other, [backup], { passphrase })).rejects.toMatchObject({
      name: 'BackupConflictError',
      record: 'b'
    })
    expect(await namesIn(other)).toEqual(['b'])
    expect(await importKeyStore(other, [backup], { passphrase }, { replace: true })).toEqual({ added: 2 })
    expect(await other.get('b')).toEqual(bytes)
  })

  it('stops when it is told to', async () => {
    const store = await bigStore()
    const signal = AbortSignal.abort(new RangeError('enough'))
    await expect(backupOf(store, { signal })).rejects.toThrow('enough')
    const backup = await backupOf(store)
    const other = await newStore()
    await expect(importKeyStore(other, [backup], { passphrase }, { signal })).rejects.toThrow('enough')
    expect(await namesIn(other)).toEqual([])
  })

  it.each(['before', 'after'] as const)(
    'F1 is taken in whole or not at all when the power goes %s the write',
    async (when) => {
      const backup = await backupOf(await bigStore())
      const storage: Store = new MemoryLevel<string, string>()
      const other = await newStore(storage)
      const batches = dieAtBatch(storage, 0, when)
      await expect(importKeyStore(other, [backup], { passphrase })).rejects.toMatchObject({ name: 'PowerFailure' })
      expect(batches()).toBe(1)
      expect(await namesIn(other)).toHaveLength(when === 'before' ? 0 : 100)
    }
  )
})
