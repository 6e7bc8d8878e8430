// walytis without the layers above it: a list that two machines share. Give `storage` a folder to keep it on disk.
import { createWalytis } from 'walytis'

const local = { listen: ['/ip4/127.0.0.1/tcp/0'], discovery: { mdns: false } }
const [alice, bob] = await Promise.all([createWalytis(local), createWalytis(local)])

const list = await alice.create({ name: 'shopping' })
const copy = await bob.join((await list.invite()).toString())

await list.add(new TextEncoder().encode('bread'), { topics: ['food'] })
await copy.add(new TextEncoder().encode('soap'), { topics: ['bathroom'] })
await copy.sync()

for await (const block of list.blocks({ topics: { any: ['food', 'bathroom'] } })) {
  console.log(block.topics, new TextDecoder().decode(await block.content()))
}
await Promise.all([alice.stop(), bob.stop()])
