import assert from 'node:assert/strict'
import type { Block, Blockchain } from 'walytis/interface'
import { bytes, startNode, text } from './node.ts'

const node = await startNode()
const chain: Blockchain = await node.create({ name: 'smoke' })
const block: Block = await chain.add(bytes('hello'), { topics: ['greeting'] })
assert.equal(text(await (await chain.get(block.id)).content()), 'hello')
assert.equal(await chain.count({ topics: { all: ['greeting'] } }), 1)
await node.stop()
console.log('walytis works')
