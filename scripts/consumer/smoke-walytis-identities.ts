import assert from 'node:assert/strict'
import { createIdentity, type Identity, openKeyStore } from 'walytis-identities'
import { bytes, startNode, text } from './node.ts'

const node = await startNode()
const keyStore = await openKeyStore({ storage: node.store, key: crypto.getRandomValues(new Uint8Array(32)) })
const identity: Identity = await createIdentity(node, keyStore)
const signature = await identity.sign(bytes('hello'), 'smoke')
assert.equal(await identity.verify(bytes('hello'), signature, 'smoke'), true)
assert.equal(await identity.verify(bytes('hallo'), signature, 'smoke'), false)
assert.equal(text(await identity.decrypt(await identity.encryptTo(bytes('secret')))), 'secret')
await node.stop()
console.log('walytis-identities works')
