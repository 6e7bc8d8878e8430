import assert from 'node:assert/strict'
import { createGroup, createIdentity, openKeyStore } from 'walytis-identities'
import { privately } from 'walytis-offchain'
import { bytes, startNode, text } from './node.ts'

const node = await startNode()
const keyStore = await openKeyStore({ storage: node.store, key: crypto.getRandomValues(new Uint8Array(32)) })
const group = await createGroup(node, keyStore, await createIdentity(node, keyStore))
const chain = await privately(group)
const block = await chain.add(bytes('for members only'))
assert.equal(text(await (await chain.get(block.id)).content()), 'for members only')
const record = await group.blockchain.record(block.id)
assert.ok(record !== undefined && !text(record.content).includes('members only'), 'the chain itself holds no text')
await node.stop()
console.log('walytis-offchain works')
