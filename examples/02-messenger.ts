// Alice and Bob, two devices that share nothing but a network: a chat, an invitation, messages both ways, an edit.
// Both run in this process, in memory, on this machine; give `storage` a folder and leave `listen` out for real ones.
import { createEndra, type Message } from 'endra'

const local = { listen: ['/ip4/127.0.0.1/tcp/0'], discovery: { mdns: false } }
const alice = await createEndra({ ...local, passphrase: 'correct horse' })
const bob = await createEndra({ ...local, passphrase: 'battery staple' })

const alicesChat = await (await alice.profiles.create({ name: 'Alice' })).chats.create({ title: 'Tea at five' })
const invitation = await alicesChat.invite()
console.log(`Alice invites Bob with one line of ${invitation.length} characters.`)
const bobsChat = await (await bob.profiles.create({ name: 'Bob' })).chats.join(invitation)
console.log(`Bob has joined "${bobsChat.title}" (${bobsChat.members().length} members).`)

const heard = new Promise<Message>((resolve) => {
  alicesChat.addEventListener('message:added', ({ detail }) => resolve(detail.message), { once: true })
})
const edited = new Promise<Message>((resolve) => {
  alicesChat.addEventListener('message:edited', ({ detail }) => resolve(detail.message), { once: true })
})
const message = await bobsChat.send('Coming!')
console.log(`Alice reads: ${(await heard).text}`)
await message.edit('Coming at six!')
console.log(`Alice reads: ${(await edited).text}`)

const answered = new Promise<Message>((resolve) => {
  bobsChat.addEventListener('message:added', ({ detail }) => resolve(detail.message), { once: true })
})
await alicesChat.reply(await edited, 'The kettle is on.')
console.log(`Bob reads: ${(await answered).text}`)
console.log(`Both show the same: ${(await alicesChat.stateHash()) === (await bobsChat.stateHash())}`)

await alice.stop()
await bob.stop()
