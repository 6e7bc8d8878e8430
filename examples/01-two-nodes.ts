/**
 * Two processes share a chain over TCP: this one creates it, a second one, which it starts itself, joins by the invitation.
 * Both write; both end up with the same blocks. Run it with `node 01-two-nodes.ts`; it checks itself and ends by itself.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { createWalytis } from 'walytis'

const encoder = new TextEncoder()
const decoder = new TextDecoder()
// loopback only, and no search of the local network: leave both out to meet other machines
const node = await createWalytis({ listen: ['/ip4/127.0.0.1/tcp/0'], discovery: { mdns: false } })

const invitation = process.argv[2]
if (invitation === undefined) await runAlice()
else await runBob(invitation)
await node.stop()

async function runAlice(): Promise<void> {
  const notes = await node.create({ name: 'shopping' })
  await notes.add(encoder.encode('bread'), { topics: ['food'] })

  const bob = spawn(process.execPath, [fileURLToPath(import.meta.url), String(await notes.invite())], {
    stdio: ['ignore', 'pipe', 'inherit']
  })
  const exit = once(bob, 'exit')
  const lines = createInterface({ input: bob.stdout })[Symbol.asyncIterator]()
  console.log('alice: bob says', (await lines.next()).value)

  await notes.add(encoder.encode('butter'), { topics: ['food'] })
  const bobsHeads = (await lines.next()).value
  const { level } = await notes.sync()
  const texts: string[] = []
  for await (const block of notes.blocks({ topics: { any: ['food'] } }))
    texts.push(decoder.decode(await block.content()))
  console.log('alice: the list is', texts.join(', '))

  assert.deepEqual(texts, ['bread', 'butter', 'salt'])
  assert.ok(level, 'both are level')
  assert.equal(bobsHeads, (await notes.heads()).join(), 'both have the same heads')
  bob.kill('SIGTERM')
  assert.deepEqual(await exit, [0, null], 'bob ended in good order')
}

async function runBob(text: string): Promise<void> {
  const stopped = once(process, 'SIGTERM')
  const notes = await node.join(text)
  const butter = new Promise((resolve) => notes.addEventListener('block:added', resolve, { once: true }))
  console.log('joined', notes.settings.name, 'with', await notes.count(), 'block')
  await butter
  await notes.add(encoder.encode('salt'), { topics: ['food'] })
  console.log((await notes.heads()).join())
  await stopped
}
