/** A program that plays Alice and Bob with the words it is given; started with all logs on by `integration/logs.spec.ts`. */
import { readFileSync } from 'node:fs'
import { EXCHANGE_PROTOCOL } from '../../src/constants.ts'
import { encodeMessage } from '../../src/exchange/messages.ts'
import { arrival, bytes, Cast, event } from '../integration/members.ts'

const { text, topic, register } = JSON.parse(readFileSync(0, 'utf8')) as { [word: string]: string }
const cast = new Cast()
const alice = await cast.founder('alice')
const line = (await alice.group.invite()).toString()
const bob = await cast.joiner('bob', alice)
const block = await alice.chain.add(bytes(text ?? ''), { topics: [topic ?? ''] })
await arrival(bob, text ?? '')
const changed = event(bob.chain, 'register:changed')
await alice.chain.registers.set(register ?? '', bytes(text ?? ''))
await changed
// What goes wrong is logged more readily than what goes well.
await bob.chain.removeContent(block)
const channel = await alice.group.sessions.open(bob.identity.did, EXCHANGE_PROTOCOL)
await channel.send(encodeMessage({ kind: 'give', items: [{ block: block.id, envelope: bytes('wrong') }], missing: [] }))
await channel.send(bytes('no message'))
await bob.chain.consume('failing', async () => Promise.reject(new RangeError('a handler failed')))
await alice.group.remove(bob.identity.did)
await alice.chain.add(bytes(text ?? ''), { topics: [topic ?? ''] })
await bob.chain.sync({ signal: AbortSignal.timeout(500) }).catch(() => undefined)
const secret = Buffer.from((await alice.group.epochs.current()).secret('walytis-offchain/details/1'))
await cast.end()
process.stdout.write(
  JSON.stringify([line, secret.toString('hex'), secret.toString('base64'), secret.toString('base64url')])
)
