/**
 * A program that writes messages as fast as it can until it is killed, and says each one's id once `send` has resolved; started by
 * `integration/kill.spec.ts` with a folder, a profile and a chat.
 */
import { createEndra } from '../../src/index.ts'
import { keyOf } from '../integration/world.ts'

const [storage, name, did, id] = process.argv.slice(2)
if (storage === undefined || name === undefined || did === undefined || id === undefined) throw new RangeError('usage')
const endra = await createEndra({
  storage,
  key: keyOf(name),
  listen: ['/ip4/127.0.0.1/tcp/0'],
  discovery: { mdns: false }
})
const profile = await endra.profiles.get(did as Parameters<typeof endra.profiles.get>[0])
const chat = await profile.chats.get(id)
process.stdout.write('ready\n')
for (let count = 0; ; count++) {
  const text = `${process.pid} ${count} ${'x'.repeat(count % 1_000)}`
  process.stdout.write(`begun ${JSON.stringify(text)}\n`)
  const message = await chat.send(text)
  process.stdout.write(`sent ${message.id}\n`)
}
