import assert from 'node:assert/strict'
import { mutable } from 'walytis-mutability'
import { bytes, startNode, text } from './node.ts'

const node = await startNode()
const notes = await mutable(await node.create({ name: 'notes' }))
const note = await notes.add(bytes('milk'))
const edited = await note.edit(bytes('milk, bread'))
assert.equal(text(await edited.content()), 'milk, bread')
await edited.delete()
assert.equal(await notes.count(), 0)
await node.stop()
console.log('walytis-mutability works')
