// endra in an app of one's own: two people, a chat, a message. Give `storage` a folder to keep everything on disk.
import { createEndra } from 'endra'

const local = { listen: ['/ip4/127.0.0.1/tcp/0'], discovery: { mdns: false } }
const alice = await createEndra({ ...local, passphrase: 'correct horse' })
const bob = await createEndra({ ...local, passphrase: 'battery staple' })

const her = await alice.profiles.create({ name: 'Alice' })
const his = await bob.profiles.create({ name: 'Bob' })
const chat = await her.chats.create({ title: 'Tea at five' })
const copy = await his.chats.join(await chat.invite())

const arrival = new Promise((resolve) => chat.addEventListener('message:added', resolve, { once: true }))
await copy.send('Coming!')
await arrival
for await (const message of chat.messages()) console.log(message.author, 'says', message.text)

await Promise.all([alice.stop(), bob.stop()])
