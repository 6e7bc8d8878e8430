/** A program that plays Alice and Bob with the words it is given; started with all logs on by `integration/secrecy.spec.ts`. */
import { readFileSync } from 'node:fs'
import { createEndra, type EndraInit } from '../../src/index.ts'
import { next } from '../integration/world.ts'

const { text, edited, title, name, deviceName, passphrase } = JSON.parse(readFileSync(0, 'utf8')) as Record<
  string,
  string
>
const local: EndraInit = {
  listen: ['/ip4/127.0.0.1/tcp/0'],
  discovery: { mdns: false },
  argon2: { memoryKiB: 64, passes: 1 }
}
const alice = await createEndra({ ...local, passphrase })
const bob = await createEndra({ ...local, passphrase })
const phone = await createEndra({ ...local, passphrase })
const profile = await alice.profiles.create({ name: name ?? '', deviceName })
const linkLine = await profile.devices.invite()
await phone.profiles.link(linkLine)
const chat = await profile.chats.create({ title: title ?? '' })
const chatLine = await chat.invite()
const bobs = await bob.profiles.create({ name: 'Bob' })
const bobsChat = await bobs.chats.join(chatLine)
const arrived = next(bobsChat, 'message:edited')
await (await chat.send(text ?? '')).edit(edited ?? '')
await arrived
// What goes wrong is logged more readily than what goes well.
await bobs.chats.join(chatLine.slice(0, -9)).catch(() => undefined)
await phone.profiles.link(linkLine).catch(() => undefined)
await chat.remove(bobs.did)
await chat.send(text ?? '')
await bobsChat.sync({ signal: AbortSignal.timeout(500) }).catch(() => undefined)
for (const node of [alice, bob, phone]) await node.stop()
process.stdout.write(JSON.stringify([linkLine, chatLine]))
