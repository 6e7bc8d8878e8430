import assert from 'node:assert/strict'
import { createEndra, type Message } from 'endra'
import { local } from './node.ts'

const endra = await createEndra({ ...local, key: crypto.getRandomValues(new Uint8Array(32)) })
const alice = await endra.profiles.create({ name: 'Alice' })
const chat = await alice.chats.create({ title: 'Notes to myself' })
const message: Message = await chat.send('hello')
const shown: string[] = []
for await (const { text } of chat.messages()) shown.push(text)
assert.deepEqual(shown, [message.text])
await endra.stop()
console.log('endra works')
