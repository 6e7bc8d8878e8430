/**
 * What the screens of a messenger show, with text in place of windows: a list of chats, a conversation, who has read what, a search. Alice and Bob run a
 * node each, both in this process, on this machine. packages/endra/docs/guide.md goes through it.
 */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Chat, createEndra, type Endra, type Profile } from 'endra'

const folder = await mkdtemp(join(tmpdir(), 'messenger-'))

// A node with its store in a folder. Somebody's own program leaves `listen` and `discovery` out, and asks for the passphrase.
async function startNode(name: string): Promise<Endra> {
  return await createEndra({
    storage: join(folder, name),
    passphrase: `${name}'s secret`,
    listen: ['/ip4/127.0.0.1/tcp/0'],
    discovery: { mdns: false }
  })
}

// The list of chats: a snapshot, drawn again whenever something that it shows has changed.
async function chatList(profile: Profile): Promise<string[]> {
  const summaries = await profile.chats.summaries({ archived: false })
  return summaries.map(({ title, unread, last, settings, draft, connection }) => {
    const marks = `${settings.pinned ? '*' : ' '} ${title}${unread > 0 ? ` (${unread})` : ''}`
    const text = draft === undefined ? (last?.text ?? '') : 'draft'
    return `${marks}: ${text} [${connection.state}]`
  })
}

// A conversation: the last messages, with reactions, and how far one's own have come.
async function conversation(chat: Chat): Promise<string[]> {
  const names = new Map(chat.members().map(({ did, name, me }) => [did, me ? 'me' : name]))
  const lines: string[] = []
  for await (const message of chat.messages({ reverse: true, limit: 20 })) {
    const author = names.get(message.author) ?? 'somebody'
    const { status } = await chat.receipts(message)
    const reactions = message.reactions.map(({ emoji, authors }) => ` ${emoji}${authors.length}`).join('')
    lines.unshift(`${author}: ${message.text}${reactions}${author === 'me' ? ` (${status})` : ''}`)
  }
  return lines
}

// Wait until something is so, asking again whenever an event tells of a change: what a screen does by drawing itself anew.
async function when(target: EventTarget, types: string[], isSo: () => Promise<boolean>): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const look = (): void => void isSo().then((so) => so && resolve(), reject)
  for (const type of types) target.addEventListener(type, look)
  look()
  await promise
  for (const type of types) target.removeEventListener(type, look)
}

const alice = await startNode('alice')
const bob = await startNode('bob')
const hers = await alice.profiles.create({ name: 'Alice' })
const his = await bob.profiles.create({ name: 'Bob' })
await hers.update({ about: 'Always late' })

const tea = await hers.chats.create({ title: 'Tea' })
const bobsTea = await his.chats.join(await tea.invite())
await hers.chats.create({ title: 'Notes to myself' })

// Bob is told, sees that something is unread, reads it, and Alice sees that he has.
await tea.send('Shall we meet at five?')
await when(his, ['chat:changed'], async () => (await bobsTea.summary()).unread === 1)
console.log((await chatList(his)).join('\n'))
const question = (await bobsTea.summary()).last
assert.ok(question)
await bobsTea.markRead(question)
await bobsTea.react(question, '🫖')
await bobsTea.reply(question, 'Make it six.')
await when(tea, ['receipt', 'message:added', 'reaction:added'], async () => {
  const lines = await conversation(tea)
  return lines.length === 2 && (lines[0]?.endsWith('🫖1 (read)') ?? false)
})
console.log((await conversation(tea)).join('\n'))

// Bob's program ends, and Alice writes. What `send` has stored goes out by itself when Bob is back; his unread messages and marks are where they were.
await bob.stop()
await tea.set({ pinned: true })
await tea.send('Six it is.')
await tea.setDraft('Shall I bring')
console.log((await chatList(hers)).join('\n'))
const bobAgain = await startNode('bob')
const hisAgain = await bobAgain.profiles.get(his.did)
const teaAgain = await hisAgain.chats.get(tea.id)
await when(teaAgain, ['changed'], async () => (await teaAgain.summary()).last?.text === 'Six it is.')
console.log((await chatList(hisAgain)).join('\n'))
for await (const { chat, message } of hisAgain.search('six')) console.log(`found in ${chat.title}: ${message.text}`)

await alice.stop()
await bobAgain.stop()
await rm(folder, { recursive: true })
