import { randomBytes } from '@noble/hashes/utils.js'
import { Level } from 'level'
import { MemoryLevel } from 'memory-level'
import { describe, expect, it } from 'vitest'
import type { BatchOperation, Store } from 'walytis/interface'
import { encodeCanonical } from '../../src/encoding/canonical.ts'
import { primitives } from '../../src/keys/backend.ts'
import { openKeyStore } from '../../src/keys/key-store.ts'
import { collect } from '../support/collect.ts'
import { dieAtBatch } from '../support/dying-store.ts'
import { bytesIn, CHEAP_ARGON2, tempFolder } from '../support/temp.ts'

const passphrase = 'correct horse battery staple'
const secret = new TextEncoder().encode("alice's secret, which is nowhere in clear")
const cheap = { argon2: CHEAP_ARGON2 }

async function rewriteHeader(storage: string, change: (header: Uint8Array) => Uint8Array | undefined): Promise<void> {
  const level: Store = new Level<string, string>(storage)
  const rows = level.sublevel<string, Uint8Array>('walytis-identities-key-store', { valueEncoding: 'view' })
  const header = await rows.get('header')
  const changed = change(header ?? new Uint8Array())
  await (changed === undefined ? rows.del('header') : rows.put('header', changed))
  await level.close()
}

describe('the key store', () => {
  it('gives back what was put, after it was opened again', async () => {
    const storage = await tempFolder()
    const first = await openKeyStore({ storage, passphrase, ...cheap })
    await first.put('identity/a', secret)
    await first.put('identity/b', secret)
    await first.put('other', secret)
    await first.delete('identity/b')
    await first.close()

    const again = await openKeyStore({ storage, passphrase })
    expect(await again.get('identity/a')).toEqual(secret)
    expect(await again.get('identity/b')).toBeUndefined()
    expect(await collect(again.names('identity/'))).toEqual(['identity/a'])
    await again.close()
  })

  it('R33 a wrong passphrase fails closed, as does a key in its place', async () => {
    const storage = await tempFolder()
    const store = await openKeyStore({ storage, passphrase, ...cheap })
    await store.put('a', secret)
    await store.close()

    await expect(openKeyStore({ storage, passphrase: 'wrong' })).rejects.toMatchObject({ name: 'WrongPassphraseError' })
    await expect(openKeyStore({ storage, passphrase: '' })).rejects.toMatchObject({ name: 'WrongPassphraseError' })
    await expect(openKeyStore({ storage, key: randomBytes(32) })).rejects.toMatchObject({
      name: 'WrongPassphraseError'
    })
    const right = await openKeyStore({ storage, passphrase })
    expect(await right.get('a')).toEqual(secret)
    await right.close()
  })

  it('R33 secrets and keys are nowhere in the folder, which the scan would have found', async () => {
    const storage = await tempFolder()
    const key = randomBytes(32)
    const drawn: Uint8Array[] = []
    const recording = (length: number) => {
      const bytes = randomBytes(length)
      drawn.push(bytes.slice())
      return bytes
    }
    const store = await openKeyStore({ storage, key }, { argon2id: primitives.argon2id, randomBytes: recording })
    await store.put('a', secret)
    await store.close()
    const planted = new TextEncoder().encode('planted, to prove that the scan finds things')
    const level: Store = new Level<string, string>(storage)
    await level.put<string, Uint8Array>('planted', planted, { valueEncoding: 'view' })
    await level.close()

    const disk = await bytesIn(storage)
    expect(disk.includes(planted)).toBe(true)
    expect(disk.includes(secret)).toBe(false)
    expect(disk.includes(key)).toBe(false)
    const dataKey = drawn.find((bytes) => bytes.length === 32)
    expect(dataKey).toBeDefined()
    expect(disk.includes(dataKey ?? key)).toBe(false)
  })

  it('R33 keeps the parameters of the key derivation it was made with', async () => {
    const storage = await tempFolder()
    const store = await openKeyStore({ storage, passphrase, argon2: { memoryKiB: 16, passes: 2 } })
    await store.close()
    const asked: unknown[] = []
    const argon2id: typeof primitives.argon2id = (bytes, salt, cost) => {
      asked.push({ memoryKiB: cost.memoryKiB, passes: cost.passes, salt: salt.length })
      return primitives.argon2id(bytes, salt, cost)
    }
    const again = await openKeyStore({ storage, passphrase, ...cheap }, { argon2id, randomBytes })
    expect(asked).toEqual([{ memoryKiB: 16, passes: 2, salt: 16 }])
    await again.close()
  })

  it('R33 forgets its keys when it is closed', async () => {
    const store = await openKeyStore({ storage: new MemoryLevel<string, string>(), key: randomBytes(32) })
    const derived = store.derive('blind index')
    await store.close()
    expect(derived).toHaveLength(32)
    await expect(store.get('a')).rejects.toMatchObject({ name: 'ClosedError' })
    await expect(store.put('a', secret)).rejects.toMatchObject({ name: 'ClosedError' })
    expect(() => store.derive('blind index')).toThrow(expect.objectContaining({ name: 'ClosedError' }))
    expect(() => store.unwrap(secret, 'x')).toThrow(expect.objectContaining({ name: 'ClosedError' }))
    await store.close()
  })

  it('opens with the new passphrase alone once it was changed', async () => {
    const storage = await tempFolder()
    const store = await openKeyStore({ storage, passphrase, ...cheap })
    await store.put('a', secret)
    await expect(store.changePassphrase('wrong', 'new')).rejects.toMatchObject({ name: 'WrongPassphraseError' })
    await store.changePassphrase(passphrase, 'new')
    expect(await store.get('a')).toEqual(secret)
    await store.close()

    await expect(openKeyStore({ storage, passphrase })).rejects.toMatchObject({ name: 'WrongPassphraseError' })
    const again = await openKeyStore({ storage, passphrase: 'new' })
    expect(await again.get('a')).toEqual(secret)
    await again.close()
  })

  it.each(['before', 'after'] as const)(
    'F1 opens with one of both when the power goes %s the passphrase is changed',
    async (when) => {
      const storage: Store = new MemoryLevel<string, string>()
      const store = await openKeyStore({ storage, passphrase, ...cheap })
      await store.put('a', secret)
      const batch = storage.batch
      const asked = dieAtBatch(storage, 0, when)
      await expect(store.changePassphrase(passphrase, 'new')).rejects.toMatchObject({ name: 'PowerFailure' })
      expect(asked()).toBe(1)
      storage.batch = batch
      const [right, wrong] = when === 'before' ? [passphrase, 'new'] : ['new', passphrase]
      await expect(openKeyStore({ storage, passphrase: wrong })).rejects.toMatchObject({ name: 'WrongPassphraseError' })
      const again = await openKeyStore({ storage, passphrase: right })
      expect(await again.get('a')).toEqual(secret)
    }
  )

  it('goes from a passphrase to a key and back, and takes other costs when it does', async () => {
    const storage: Store = new MemoryLevel<string, string>()
    const key = randomBytes(32)
    const store = await openKeyStore({ storage, passphrase, ...cheap })
    await store.put('a', secret)
    await store.changePassphrase(passphrase, key)
    await expect(openKeyStore({ storage, passphrase })).rejects.toMatchObject({ name: 'WrongPassphraseError' })
    const keyed = await openKeyStore({ storage, key })
    expect(await keyed.get('a')).toEqual(secret)
    await expect(keyed.changePassphrase(passphrase, 'x')).rejects.toMatchObject({ name: 'WrongPassphraseError' })
    await expect(keyed.changePassphrase(key, key.subarray(1))).rejects.toMatchObject({ name: 'InvalidArgumentError' })
    await keyed.changePassphrase(key, passphrase, { argon2: { memoryKiB: 16, passes: 2 } })
    const costs: unknown[] = []
    const argon2id: typeof primitives.argon2id = (bytes, salt, cost) => {
      costs.push([cost.memoryKiB, cost.passes])
      return primitives.argon2id(bytes, salt, cost)
    }
    const again = await openKeyStore({ storage, passphrase }, { argon2id, randomBytes })
    expect(await again.get('a')).toEqual(secret)
    expect(costs).toEqual([[16, 2]])
  })

  it('takes a passphrase for the same however its accents are written', async () => {
    const storage: Store = new MemoryLevel<string, string>()
    await openKeyStore({ storage, passphrase: 'caf\u00e9', ...cheap })
    await openKeyStore({ storage, passphrase: 'cafe\u0301' })
    await expect(openKeyStore({ storage, passphrase: 'cafe' })).rejects.toMatchObject({ name: 'WrongPassphraseError' })
  })

  it('makes none where one should have been', async () => {
    const storage: Store = new MemoryLevel<string, string>()
    await expect(openKeyStore({ storage, passphrase, create: false })).rejects.toMatchObject({
      name: 'KeyStoreMissingError'
    })
    expect(await collect(storage.keys())).toEqual([])
    await openKeyStore({ storage, passphrase, ...cheap })
    await openKeyStore({ storage, passphrase, create: false })
  })

  it('R33 overwrites its keys when it is closed', async () => {
    const drawn: Uint8Array[] = []
    const recording = (length: number) => {
      const bytes = randomBytes(length)
      drawn.push(bytes)
      return bytes
    }
    const components = { argon2id: primitives.argon2id, randomBytes: recording }
    const store = await openKeyStore({ storage: new MemoryLevel<string, string>(), passphrase, ...cheap }, components)
    const dataKey = drawn.find(({ length }) => length === 32)
    expect(dataKey?.some((byte) => byte !== 0)).toBe(true)
    await store.close()
    expect(dataKey).toEqual(new Uint8Array(32))
  })

  it('R33 what was deleted or replaced is gone from the files too', async () => {
    const storage = await tempFolder()
    const level: Store = new Level<string, string>(storage)
    const store = await openKeyStore({ storage: level, passphrase, ...cheap })
    await store.put('doomed', secret)
    const rows = level.sublevel<string, Uint8Array>('walytis-identities-secrets', { valueEncoding: 'view' })
    const header = level.sublevel<string, Uint8Array>('walytis-identities-key-store', { valueEncoding: 'view' })
    const sealed = (await rows.get('doomed')) ?? new Uint8Array()
    const wrapped = (await header.get('header')) ?? new Uint8Array()
    expect((await bytesIn(storage)).includes(sealed)).toBe(true)
    expect((await bytesIn(storage)).includes(wrapped)).toBe(true)
    await store.delete('doomed')
    await store.changePassphrase(passphrase, 'new')
    await store.close()
    await level.close()
    const disk = await bytesIn(storage)
    expect(disk.includes(sealed)).toBe(false)
    expect(disk.includes(wrapped)).toBe(false)
  })

  it('refuses a record that was changed, or moved to another name', async () => {
    const storage: Store = new MemoryLevel<string, string>()
    const store = await openKeyStore({ storage, key: randomBytes(32) })
    await store.put('a', secret)
    const rows = storage.sublevel<string, Uint8Array>('walytis-identities-secrets', { valueEncoding: 'view' })
    const sealed = (await rows.get('a')) ?? new Uint8Array()
    await rows.put('b', sealed)
    await expect(store.get('b')).rejects.toMatchObject({ name: 'KeyStoreCorruptError' })
    for (const index of [0, 24, sealed.length - 1]) {
      const changed = sealed.slice()
      changed[index] = (changed[index] ?? 0) ^ 1
      await rows.put('a', changed)
      await expect(store.get('a')).rejects.toMatchObject({ name: 'KeyStoreCorruptError' })
    }
    await rows.put('a', sealed.subarray(0, 10))
    await expect(store.get('a')).rejects.toMatchObject({ name: 'KeyStoreCorruptError' })
  })

  it('binds what it wraps to its context', async () => {
    const store = await openKeyStore({ storage: new MemoryLevel<string, string>(), key: new Uint8Array(32).fill(1) })
    const wrapped = store.wrap(secret, 'index')
    expect(store.unwrap(wrapped, 'index')).toEqual(secret)
    expect(() => store.unwrap(wrapped, 'other')).toThrow(expect.objectContaining({ name: 'KeyStoreCorruptError' }))
    expect(store.derive('a')).not.toEqual(store.derive('b'))
    expect(store.derive('a')).toEqual(store.derive('a'))
  })

  it('tells damage from a wrong passphrase, and never starts anew over secrets', async () => {
    const storage = await tempFolder()
    const store = await openKeyStore({ storage, passphrase, ...cheap })
    await store.put('a', secret)
    await store.close()
    let original = new Uint8Array()
    const damage = async (change: (header: Uint8Array) => Uint8Array | undefined) => {
      await rewriteHeader(storage, (header) => {
        original = original.length === 0 ? header.slice() : original
        return change(original)
      })
      return openKeyStore({ storage, passphrase })
    }
    const corrupt = { name: 'KeyStoreCorruptError' }
    const flip = (index: number) => (header: Uint8Array) => header.map((byte, at) => (at === index ? byte ^ 1 : byte))
    for (const index of [0, 10, 30, 60, 100]) {
      await expect(damage(flip(index))).rejects.toMatchObject(corrupt)
    }
    await expect(damage((header) => header.subarray(0, 20))).rejects.toMatchObject(corrupt)
    await expect(damage(() => undefined)).rejects.toMatchObject(corrupt)
    await expect(damage(() => encodeCanonical({ v: 2, future: true }))).rejects.toMatchObject({
      name: 'KeyStoreVersionError'
    })
    const whole = await damage((header) => header)
    expect(await whole.get('a')).toEqual(secret)
    await whole.close()
  })

  it('F18 says that the folder is in use, and by what to do', async () => {
    const storage = await tempFolder()
    const first = await openKeyStore({ storage, passphrase, ...cheap })
    await expect(openKeyStore({ storage, passphrase })).rejects.toMatchObject({
      name: 'KeyStoreLockedError',
      message: expect.stringContaining(storage)
    })
    await first.close()
    const second = await openKeyStore({ storage, passphrase })
    await second.close()
  })

  it('leaves a database that it was given open', async () => {
    const storage: Store = new Level<string, string>(await tempFolder())
    const store = await openKeyStore({ storage, passphrase, ...cheap })
    const sublevel = storage.sublevel<string, Uint8Array>('mine', { valueEncoding: 'view' })
    const row: BatchOperation = { type: 'put', sublevel, key: 'row', value: secret }
    await storage.batch<string, Uint8Array>([store.sealed('a', secret), row], {})
    expect(await store.get('a')).toEqual(secret)
    await store.close()
    expect(new Uint8Array((await sublevel.get('row')) ?? [])).toEqual(secret)
    await storage.close()
  })

  it('refuses arguments that make no key store', async () => {
    const storage = new MemoryLevel<string, string>()
    const invalid = { name: 'InvalidArgumentError' }
    await expect(openKeyStore({ storage })).rejects.toMatchObject(invalid)
    await expect(openKeyStore({ storage, key: new Uint8Array(16) })).rejects.toMatchObject(invalid)
    await expect(openKeyStore({ storage, key: new Uint8Array(32), passphrase })).rejects.toMatchObject(invalid)
    const argon2 = { memoryKiB: 1, passes: 0 }
    await expect(openKeyStore({ storage, passphrase, argon2 })).rejects.toMatchObject(invalid)
  })
})
