/*
 * A program that endra does not know: it opens the folder of a device, real keys included, goes to the layers beneath endra, and
 * asks each protocol of each device of the other members for one message. It keeps no rule that its own side would have
 * to keep, so what it doesn't get, the others have refused.
 */
import { readFile } from 'node:fs/promises'
import { decode, encode } from '@ipld/dag-cbor'
import { privateKeyFromProtobuf } from '@libp2p/crypto/keys'
import { CID } from 'multiformats/cid'
import { createWalytis, openStore } from 'walytis'
import { type Did, type Group, loadGroup, loadIdentity, openKeyStore } from 'walytis-identities'
import { EXCHANGE_PROTOCOL, privately } from 'walytis-offchain'
import type { RemovedMemberQuestion, RemovedMemberReply, RemovedMemberReport } from './removal.ts'

/** The protocol of key delivery (walytis-identities, docs/protocol.md). */
const KEY_PROTOCOL = 'walytis-identities/keys'
/** How long to wait for an answer, in milliseconds: on loopback they take a few. */
const PATIENCE_MS = 3000

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
    const group = await loadGroup(walytis, keyStore, question.chat as Did, { member: user })
    return await askGroup(group, CID.parse(question.message))
  } finally {
    await walytis.stop()
    await keyStore.close()
    await store.close()
  }
}

async function askGroup(group: Group, message: CID): Promise<RemovedMemberReport> {
  const asked: { what: string; outcome: string }[] = []
  const note = (what: string, outcome: string): void => void asked.push({ what, outcome })
  const sealed = await privately(group)

  const synced = await attempt(() => group.blockchain.sync({ signal: AbortSignal.timeout(PATIENCE_MS) }))
  const level =
    'value' in synced ? `level with ${synced.value.peers.filter((peer) => peer.level).length}` : synced.failure
  const hasBlock = (await group.blockchain.record(message)) !== undefined
  note('sync of the chain', `${level}; the block is ${hasBlock ? 'here' : 'not here'}`)

  let envelopes = 0
  const seeds: string[] = []
  const others = group.members().filter(({ did }) => did !== group.me.did)
  for (const device of others.flatMap((member) => member.devices)) {
    const name = `${device.slice(-6)}`
    const given = await converse(group, device, EXCHANGE_PROTOCOL, { kind: 'want', blocks: [message] }, 'give')
    if ('value' in given) envelopes += listIn(given.value, 'items').length
    note(
      `content from device …${name}`,
      'value' in given ? `${listIn(given.value, 'items').length} envelopes` : given.failure
    )
    const keys = await converse(group, device, KEY_PROTOCOL, { v: 1, kind: 'want', epochs: [] }, 'have')
    const handed =
      'value' in keys ? listIn(keys.value, 'seeds').map((seed) => String((seed as { epoch: CID }).epoch)) : []
    seeds.push(...handed)
    note(`epoch keys from device …${name}`, 'value' in keys ? `${handed.length} keys` : keys.failure)
  }

  const signal = AbortSignal.timeout(PATIENCE_MS)
  const opened = await attempt(async () => await (await sealed.get(message, { signal })).content({ signal }))
  const content = 'value' in opened ? opened.value : undefined
  note(
    'reading the message',
    content === undefined ? ('failure' in opened ? opened.failure : '') : `${content.byteLength} bytes`
  )
  return { asked, hasBlock, envelopes, seeds: [...new Set(seeds)], content }
}

/** Open a channel, say one thing, and wait for an answer of one kind. */
async function converse(group: Group, device: Did, protocol: string, message: unknown, kind: string) {
  return await attempt(async () => {
    const signal = AbortSignal.timeout(PATIENCE_MS)
    const channel = await group.sessions.open(device, protocol, { signal })
    const silence = (): void => channel.abort(new DOMException('No answer', 'TimeoutError'))
    signal.addEventListener('abort', silence)
    try {
      await channel.send(encode(message), { signal })
      for await (const bytes of channel.messages()) {
        const answer: unknown = decode(bytes)
        if (typeof answer === 'object' && answer !== null && 'kind' in answer && answer.kind === kind) return answer
      }
      throw new DOMException('The channel ended without an answer', 'AbortError')
    } finally {
      signal.removeEventListener('abort', silence)
      channel.abort(new DOMException('Done', 'AbortError'))
    }
  })
}

/** What came of something that may be refused: the refusal is what is wanted here, and is told. */
async function attempt<T>(work: () => Promise<T>): Promise<{ readonly value: T } | { readonly failure: string }> {
  try {
    return { value: await work() }
  } catch (error) {
    return { failure: error instanceof Error ? `refused (${error.name})` : `refused (${String(error)})` }
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
