import { Resolver } from 'did-resolver'
import { Level } from 'level'
import { MemoryLevel } from 'memory-level'
import { base58btc } from 'multiformats/bases/base58'
import { describe, expect, it } from 'vitest'
import type { Store } from 'walytis/interface'
import { deviceOf } from '../src/device.ts'
import { isRefused } from '../src/encoding/canonical.ts'
import { accessName } from '../src/identity/access.ts'
import type { KeyHolder } from '../src/identity/key-holder.ts'
import { recoveryEvidence } from '../src/identity/recovery.ts'
import { verifyIdentityEvidence } from '../src/identity/verify-evidence.ts'
import { createIdentity, forgetIdentity, loadIdentity, recoverIdentity } from '../src/identity.ts'
import { openKeyStore } from '../src/keys/key-store.ts'
import { createRecoveryPhrase } from '../src/keys/recovery.ts'
import { getResolver } from '../src/resolver.ts'
import { collect } from './support/collect.ts'
import { testIdentity, testNode } from './support/nodes.ts'
import { bytesIn, tempFolder } from './support/temp.ts'

const bytes = new TextEncoder().encode('meet me at noon')

describe('an identity', () => {
  it('signs for applications, in a context', async () => {
    const { identity: alice } = await testIdentity()
    const { identity: bob } = await testIdentity()
    const signature = await alice.sign(bytes, 'calendar')
    expect(await alice.verify(bytes, signature, 'calendar')).toBe(true)
    expect(await alice.verify(bytes, signature, 'mail')).toBe(false)
    expect(await alice.verify(bytes.subarray(1), signature, 'calendar')).toBe(false)
    expect(await bob.verify(bytes, signature, 'calendar')).toBe(false)
    for (const index of [0, 70, 120, 200, 2000, signature.length - 1]) {
      const changed = signature.slice()
      changed[index] = (changed[index] ?? 0) ^ 1
      expect(await alice.verify(bytes, changed, 'calendar')).toBe(false)
    }
  })

  it('opens what was sealed to it, and nobody else does', async () => {
    const { identity: alice } = await testIdentity()
    const { identity: bob } = await testIdentity()
    const sealed = await alice.encryptTo(bytes)
    expect(Buffer.from(sealed).includes(bytes)).toBe(false)
    expect(await alice.decrypt(sealed)).toEqual(bytes)
    await expect(bob.decrypt(sealed)).rejects.toMatchObject({ name: 'DecryptionError' })
    for (const index of [0, 60, 500, sealed.length - 1]) {
      const changed = sealed.slice()
      changed[index] = (changed[index] ?? 0) ^ 1
      await expect(alice.decrypt(changed)).rejects.toMatchObject({ name: 'DecryptionError' })
    }
    await expect(alice.decrypt(new Uint8Array())).rejects.toMatchObject({ name: 'DecryptionError' })
  })

  it('is the same after a restart, from disk', async () => {
    const folder = await tempFolder()
    const storage: Store = new Level<string, string>(folder)
    const before = await testNode(storage)
    const created = await createIdentity(before.walytis, before.keyStore)
    const { did } = created
    const sealed = await created.encryptTo(bytes)
    const signature = await created.sign(bytes, 'x')
    await created.close()
    await before.stop()

    const after = await testNode(storage)
    const loaded = await loadIdentity(after.walytis, after.keyStore, did)
    expect(await loaded.decrypt(sealed)).toEqual(bytes)
    expect(await loaded.verify(bytes, signature, 'x')).toBe(true)
    await loaded.close()
    await expect(loaded.sign(bytes, 'x')).rejects.toMatchObject({ name: 'ClosedError' })
    await after.stop()
    await storage.close()
  })

  it('R33 leaves none of its seeds, nor the key by which peers find its chain, on the disk in clear', async () => {
    const folder = await tempFolder()
    const storage: Store = new Level<string, string>(folder)
    const node = await testNode(storage)
    const seeds: Uint8Array[] = []
    const identity = await createIdentity(node.walytis, node.keyStore, {
      randomBytes: (length) => {
        const seed = crypto.getRandomValues(new Uint8Array(length))
        seeds.push(seed.slice())
        return seed
      }
    })
    await identity.rotate()
    // two key sets of three seeds, and the access key
    expect(seeds).toHaveLength(7)
    expect(await node.keyStore.get(accessName(identity.did))).toEqual(seeds[3])
    await storage.put<string, Uint8Array>('planted', seeds[0]?.subarray(0, 16) ?? bytes, { valueEncoding: 'view' })
    await node.stop()
    await storage.close()
    const disk = await bytesIn(folder)
    expect(disk.includes(seeds[0]?.subarray(0, 16) ?? bytes)).toBe(true)
    for (const seed of seeds) {
      expect(disk.includes(seed)).toBe(false)
    }
  })

  it('keeps its access key over restarts and rotations, and forgets it with the rest', async () => {
    const { walytis, keyStore, identity } = await testIdentity()
    const key = await keyStore.get(accessName(identity.did))
    expect(key).toHaveLength(32)
    await identity.rotate()
    expect(await keyStore.get(accessName(identity.did))).toEqual(key)
    await identity.close()
    const again = await loadIdentity(walytis, keyStore, identity.did)
    expect(await keyStore.get(accessName(again.did))).toEqual(key)
    await again.close()
    await forgetIdentity(walytis, keyStore, identity.did)
    for await (const name of keyStore.names('identity/')) {
      expect.unreachable(`still there: ${name}`)
    }
  })

  it('is unknown where its keys are not', async () => {
    const { identity } = await testIdentity()
    const bob = await testNode()
    await expect(loadIdentity(bob.walytis, bob.keyStore, identity.did)).rejects.toMatchObject({
      name: 'UnknownIdentityError'
    })
    await expect(loadIdentity(bob.walytis, bob.keyStore, 'did:web:x')).rejects.toMatchObject({
      name: 'InvalidDidError'
    })
  })

  it('rotates: other keys, the same DID; what was sealed before still opens, and the old keys sign nothing more', async () => {
    const node = await testIdentity()
    const { identity: alice } = node
    const before = deviceOf(alice)?.keys
    const sealed = await alice.encryptTo(bytes)
    const old = await alice.sign(bytes, 'x')
    await alice.rotate()
    await alice.rotate()
    const after = deviceOf(alice)?.keys
    expect(after).not.toEqual(before)
    expect(await alice.decrypt(sealed)).toEqual(bytes)
    expect(await alice.verify(bytes, old, 'x')).toBe(false)
    expect(await alice.verify(bytes, await alice.sign(bytes, 'x'), 'x')).toBe(true)
    expect((await collect(alice.history())).map(({ kind }) => kind)).toEqual(['inception', 'rotate', 'rotate'])
    expect(await collect(node.keyStore.names(`identity/${alice.did}/sign/`))).toHaveLength(1)

    await alice.close()
    const again = await loadIdentity(node.walytis, node.keyStore, alice.did)
    expect(deviceOf(again)?.keys).toEqual(after)
    await again.updateDocument({ services: [{ id: 'chat', type: 'Endra', endpoint: 'endra:inbox' }] })
    expect((await again.document()).service).toEqual([
      { id: `${alice.did}#chat`, type: 'Endra', serviceEndpoint: 'endra:inbox' }
    ])
  })

  it('R9 moves to a stronger suite by a rotation, is used as before, and never goes back', async () => {
    const node = await testIdentity()
    const { identity: alice } = node
    const sealed = await alice.encryptTo(bytes)
    await alice.rotate({ suite: 2 })
    expect(deviceOf(alice)?.keys.suite).toBe(2)
    expect(await alice.decrypt(sealed)).toEqual(bytes)
    expect(await alice.decrypt(await alice.encryptTo(bytes))).toEqual(bytes)
    expect(await alice.verify(bytes, await alice.sign(bytes, 'x'), 'x')).toBe(true)
    expect((await alice.document()).keyAgreement).toEqual([`${alice.did}#mlkem1024-p384`])
    await expect(alice.rotate({ suite: 1 })).rejects.toMatchObject({ name: 'InvalidArgumentError', argument: 'suite' })
    await expect(alice.rotate({ suite: 3 })).rejects.toMatchObject({ name: 'UnknownSuiteError' })
    await alice.rotate()
    await alice.close()

    const again = await loadIdentity(node.walytis, node.keyStore, alice.did)
    expect(deviceOf(again)?.keys.suite).toBe(2)
    expect(await again.decrypt(sealed)).toEqual(bytes)
    const evidence = (await deviceOf(again)?.evidence()) ?? []
    expect(await verifyIdentityEvidence(alice.did, evidence)).toMatchObject({ keys: { suite: 2 } })
    const bob = await createIdentity(node.walytis, node.keyStore, { suite: 2 })
    expect(deviceOf(bob)?.keys.suite).toBe(2)
    expect(await bob.decrypt(await bob.encryptTo(bytes))).toEqual(bytes)
  })

  it("F1 loads after a crash between any two writes of a rotation, with its own database or the node's", async () => {
    for (const own of [true, false]) {
      for (let crash = 1; crash <= 4; crash++) {
        const node = await testNode()
        const storage: Store = own ? new MemoryLevel<string, string>() : node.store
        const keyStore = await openKeyStore({ storage, key: new Uint8Array(32).fill(7) })
        const doomed = await createIdentity(node.walytis, keyStore)
        const { did } = doomed
        const { put } = keyStore
        let writes = 0
        keyStore.put = async (name, secret) => {
          writes++
          if (writes === crash) {
            throw new RangeError('the power went')
          }
          await put.call(keyStore, name, secret)
        }
        await doomed.rotate().catch(() => undefined)
        await doomed.close()
        keyStore.put = put
        const again = await loadIdentity(node.walytis, keyStore, did)
        await again.rotate()
        expect(await again.verify(bytes, await again.sign(bytes, 'x'), 'x')).toBe(true)
        expect(await collect(keyStore.names(`identity/${did}/sign/`))).toHaveLength(1)
        await again.close()
        await keyStore.close()
      }
    }
  })

  it('F19 keeps what a newer version wrote, and writes nothing more once that must be known first', async () => {
    const node = await testIdentity()
    const { identity: alice } = node
    const holder = deviceOf(alice) as KeyHolder
    await holder.write(() => [{ kind: 'nickname', value: 'Al' }])
    await alice.rotate()
    await holder.write(() => [{ kind: 'two-of-three', critical: true }])
    const update = { name: 'UpdateRequiredError', kinds: ['two-of-three'] }
    await expect(alice.rotate()).rejects.toMatchObject(update)
    await expect(alice.updateDocument({ services: [] })).rejects.toMatchObject(update)
    // reading goes on, and so does what writes no events
    expect(await alice.verify(bytes, await alice.sign(bytes, 'x'), 'x')).toBe(true)
    expect((await alice.document()).id).toBe(alice.did)
    await alice.close()
    const again = await loadIdentity(node.walytis, node.keyStore, alice.did)
    await expect(again.rotate()).rejects.toMatchObject(update)
    const evidence = (await deviceOf(again)?.evidence()) ?? []
    expect(await verifyIdentityEvidence(alice.did, evidence)).toMatchObject({ critical: ['two-of-three'] })
  })

  it('follows from a recovery phrase, with the same DID on every node, and can be forgotten again', async () => {
    const phrase = createRecoveryPhrase()
    const { did } = await recoveryEvidence(phrase)
    const [alice, bob] = [await testNode(), await testNode()]
    const one = await recoverIdentity(alice.walytis, alice.keyStore, phrase)
    const two = await recoverIdentity(bob.walytis, bob.keyStore, phrase)
    expect([one.did, two.did]).toEqual([did, did])
    expect(await two.verify(bytes, await one.sign(bytes, 'x'), 'x')).toBe(true)
    expect(await two.decrypt(await one.encryptTo(bytes))).toEqual(bytes)
    await one.updateDocument({ services: [{ id: 'chat', type: 'Endra', endpoint: 'endra:inbox' }] })
    await one.close()

    // again where it is held: with what was written since
    const again = await recoverIdentity(alice.walytis, alice.keyStore, phrase)
    expect((await again.document()).service).toHaveLength(1)
    await again.close()
    await forgetIdentity(alice.walytis, alice.keyStore, did)
    expect(await collect(alice.keyStore.names(''))).toEqual([])
    await expect(alice.walytis.open(did.slice('did:walytis:'.length))).rejects.toMatchObject({ name: 'NotFoundError' })
    await expect(loadIdentity(alice.walytis, alice.keyStore, did)).rejects.toMatchObject({
      name: 'UnknownIdentityError'
    })
    await expect(recoverIdentity(alice.walytis, alice.keyStore, 'abandon')).rejects.toMatchObject({
      name: 'InvalidRecoveryPhraseError'
    })
  })

  it('shows others by evidence alone who it is', async () => {
    const { identity: alice } = await testIdentity()
    const device = deviceOf(alice)
    await alice.rotate()
    const evidence = (await device?.evidence()) ?? []
    const state = await verifyIdentityEvidence(alice.did, evidence)
    expect(state).toMatchObject({ did: alice.did, keys: device?.keys, services: [] })
    expect(isRefused(state) ? [] : state.lineage).toHaveLength(2)
  })

  it('has a DID document in the form of DID Core, by did-resolver', async () => {
    const { identity: alice, walytis } = await testIdentity()
    const resolver = new Resolver(getResolver(walytis))
    const { didDocument, didResolutionMetadata } = await resolver.resolve(alice.did)
    expect(didResolutionMetadata.error).toBeUndefined()
    expect(didDocument).toMatchObject({
      '@context': ['https://www.w3.org/ns/did/v1.1', 'https://w3id.org/security/multikey/v1'],
      id: alice.did,
      authentication: [`${alice.did}#ed25519`, `${alice.did}#ml-dsa-65`],
      assertionMethod: [`${alice.did}#ed25519`, `${alice.did}#ml-dsa-65`],
      keyAgreement: [`${alice.did}#x-wing`]
    })
    const keys = (didDocument?.verificationMethod ?? []).map(({ publicKeyMultibase, type, controller }) => {
      expect(type).toBe('Multikey')
      expect(controller).toBe(alice.did)
      return base58btc.decode(publicKeyMultibase ?? '')
    })
    expect(keys.map((key) => key.length)).toEqual([2 + 32, 2 + 1952, 4 + 1216])
    expect(keys.map((key) => [...key.subarray(0, 2)])).toEqual([
      [0xed, 0x01],
      [0x91, 0x24],
      [0xfa, 0xc8]
    ])
    const resolve = async (did: string) => (await resolver.resolve(did)).didResolutionMetadata.error
    expect(await resolve(`${alice.did}x`)).toBe('invalidDid')
    const { identity: bob } = await testIdentity()
    expect(await resolve(bob.did)).toBe('notFound')
    await alice.close()
    expect(await resolve(alice.did)).toBe('notFound')
  })
})
