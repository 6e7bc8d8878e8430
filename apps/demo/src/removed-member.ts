/*
 * A program that endra does not know: it opens the folder of a device, real keys included, goes to the layers beneath endra, and
 * asks each protocol of each device of the other members for one message. It keeps no rule that its own side would have
 * to keep, so what it doesn't get, the others have refused.
 */
import { readFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { decode, encode } from '@ipld/dag-cbor'
import { privateKeyFromProtobuf } from '@libp2p/crypto/keys'
import { CID } from 'multiformats/cid'
import { createWalytis, openStore } from 'walytis'
import { type Did, type Group, joinGroup, loadGroup, loadIdentity, openKeyStore } from 'walytis-identities'
import { EXCHANGE_PROTOCOL, privately } from 'walytis-offchain'
import type { RemovedMemberQuestion, RemovedMemberReply, RemovedMemberReport } from './removal.ts'

/** The protocol of key delivery (walytis-identities, docs/protocol.md). */
const KEY_PROTOCOL = 'walytis-identities/keys'
/** How long to insist on an answer, in milliseconds: a member gets it at once, or as soon as it is connected. */
const PATIENCE_MS = 8000
/** The same for a sync, which itself gives everybody 10 s to let this node take part. */
const SYNC_PATIENCE_MS = 11_000
/** What becomes of a join by somebody who was let in, and whose node holds the chain: the members' part of it is over by then. */
const ADMITTED = 'refused (InvalidArgumentError)'
/** Between two attempts, in milliseconds. */
const PAUSE_MS = 250

async function ask(question: RemovedMemberQuestion): Promise<RemovedMemberReport> {
  const { storage, passphraseFile, listen, announce } = question
  const [passphrase = ''] = (await readFile(passphraseFile, 'utf8')).split(/\r?\n/)
  const store = await openStore(storage)
  const keyStore = await openKeyStore({ storage: store, passphrase })
  const peerKey = await keyStore.get('endra/libp2p-key')
  const walytis = await createWalytis({
    storage: store,
    listen: [listen],
    discovery: { mdns: false },
    libp2p: {
      addresses: { announce: [announce] },
      ...(peerKey === undefined ? {} : { privateKey: privateKeyFromProtobuf(peerKey) })
    }
  })
  try {
    const device = await loadIdentity(walytis, keyStore, question.device)
    const user = await loadGroup(walytis, keyStore, question.user as Did, { member: device })
    // Before the chat is open: one that is open would be given back, and nobody asked.
    const admission = { signal: AbortSignal.timeout(PATIENCE_MS) }
    const joined = await attempt(async () => await joinGroup(walytis, keyStore, user, question.invitation, admission))
    const group = await loadGroup(walytis, keyStore, question.chat as Did, { member: user })
    const reached = new Set(walytis.libp2p.getPeers().map(String))
    walytis.libp2p.addEventListener('peer:connect', ({ detail: peer }) => void reached.add(peer.toString()))
    const report = await askGroup(group, user.did, CID.parse(question.message))
    const readmitted = 'value' in joined || joined.failure === ADMITTED
    const outcome = outcomeOf(readmitted ? { value: 'let in' } : joined, (value) => String(value))
    const asked = [{ what: 'the invitation, used again', outcome }, ...report.asked]
    return { ...report, asked, readmitted, reached: reached.size }
  } finally {
    await walytis.stop()
    await keyStore.close()
    await store.close()
  }
}

async function askGroup(
  group: Group,
  me: Did,
  message: CID
): Promise<Omit<RemovedMemberReport, 'reached' | 'readmitted'>> {
  // Not `group.me`: where his own node has learned of the removal, there is none, and he asks all the same.
  const others = group.members().filter(({ did }) => did !== me)
  const devices = others.flatMap((member) => member.devices)
  // First over channels of its own, then by what its own node does: that has one channel to each device only.
  const [synced, ...answers] = await Promise.all([
    attempt(async () => await group.blockchain.sync({ signal: AbortSignal.timeout(SYNC_PATIENCE_MS) })),
    ...devices.map(async (device) => {
      const [contents, keys] = await Promise.all([
        converse(group, device, EXCHANGE_PROTOCOL, { kind: 'want', blocks: [message] }, 'give'),
        converse(group, device, KEY_PROTOCOL, { v: 1, kind: 'want', epochs: [] }, 'have')
      ])
      return { name: `device …${device.slice(-6)}`, contents, keys }
    })
  ])
  const hasBlock = (await group.blockchain.record(message)) !== undefined
  const levelWith = 'value' in synced ? synced.value.peers.filter((peer) => peer.level).length : 0
  const envelopes = answers.flatMap(({ contents }) => ('value' in contents ? listIn(contents.value, 'items') : []))
  const seeds = answers.flatMap(({ keys }) => ('value' in keys ? listIn(keys.value, 'seeds') : []))

  const signal = AbortSignal.timeout(PATIENCE_MS)
  const read = await attempt(async () => {
    const sealed = await privately(group, { signal })
    return await (await sealed.get(message, { signal })).content({ signal })
  })
  return {
    asked: [
      { what: 'sync', outcome: `level with ${levelWith} devices; the block is ${hasBlock ? '' : 'not '}here` },
      ...answers.flatMap(({ name, contents, keys }) => [
        {
          what: `content from ${name}`,
          outcome: outcomeOf(contents, (answer) => count(listIn(answer, 'items'), 'envelope'))
        },
        { what: `keys from ${name}`, outcome: outcomeOf(keys, (answer) => count(listIn(answer, 'seeds'), 'key')) }
      ]),
      { what: 'reading the message', outcome: outcomeOf(read, ({ byteLength }) => `${byteLength} bytes`) }
    ],
    hasBlock,
    envelopes: envelopes.length,
    seeds: [...new Set(seeds.map((seed) => String(Reflect.get(Object(seed), 'epoch'))))],
    content: 'value' in read ? read.value : undefined
  }
}

type Attempt<T> = { readonly value: T } | { readonly failure: string }

function outcomeOf<T>(attempted: Attempt<T>, describe: (value: T) => string): string {
  return 'value' in attempted ? describe(attempted.value) : attempted.failure
}

function count(list: readonly unknown[], what: string): string {
  return `${list.length} ${what}${list.length === 1 ? '' : 's'}`
}

/** Open a channel, say one thing, and wait for an answer of one kind; again and again until the patience is over. */
async function converse(group: Group, device: Did, protocol: string, message: unknown, kind: string) {
  const signal = AbortSignal.timeout(PATIENCE_MS)
  let refusals = 0
  let reason = 'no answer'
  while (!signal.aborted) {
    const outcome = await attempt(async () => await converseOnce(group, device, protocol, message, kind, signal))
    if ('value' in outcome) return outcome
    // The end of the patience says nothing of why nothing came.
    if (!signal.aborted || refusals === 0) reason = outcome.failure
    refusals += 1
    await pause(PAUSE_MS)
  }
  return { failure: `${reason}, ${refusals} times` }
}

async function converseOnce(
  group: Group,
  device: Did,
  protocol: string,
  message: unknown,
  kind: string,
  signal: AbortSignal
): Promise<object> {
  const channel = await group.sessions.open(device, protocol, { signal })
  const silence = (): void => channel.abort(new DOMException('No answer', 'TimeoutError'))
  signal.addEventListener('abort', silence)
  try {
    await channel.send(encode(message), { signal })
    for await (const bytes of channel.messages()) {
      const answer: unknown = decode(bytes)
      if (typeof answer === 'object' && answer !== null && Reflect.get(answer, 'kind') === kind) return answer
    }
    throw new DOMException('The channel ended without an answer', 'AbortError')
  } finally {
    signal.removeEventListener('abort', silence)
    channel.abort(new DOMException('Done', 'AbortError'))
  }
}

/** What came of something that may be refused: the refusal is what is wanted here, and is told. */
async function attempt<T>(work: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { value: await work() }
  } catch (error) {
    return { failure: `refused (${error instanceof Error ? error.name : String(error)})` }
  }
}

function listIn(answer: object, field: string): unknown[] {
  const value: unknown = Reflect.get(answer, field)
  return Array.isArray(value) ? value : []
}

process.once('message', (question) => {
  const reply = (answer: RemovedMemberReply): void => {
    process.send?.(answer)
    process.disconnect?.()
  }
  ask(question as RemovedMemberQuestion).then(
    (report) => reply({ kind: 'report', report }),
    ({ name, message, stack }) => reply({ kind: 'failure', error: { name, message, stack } })
  )
})
