/**
 * Alice has a laptop, a tablet and a phone; Bob has a device of his own. Each is a process with a folder, and they talk over TCP. The tablet is
 * off; the phone is stolen, with its whole folder and its keys. Alice removes it from the laptop. The thief then tries every protocol,
 * gets nothing and changes nothing. The tablet comes back ten key changes later and goes on as if nothing had happened, and
 * Bob sees that Alice's safety number has changed, and why. Run it with `node 06-lost-phone.ts`; it checks itself and ends by itself.
 */
import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Block, createWalytis, type PeerAddresses } from 'walytis'
import {
  checkSafetyCode,
  createGroup,
  createIdentity,
  type Group,
  type Identity,
  joinGroup,
  type KeyStore,
  loadGroup,
  loadIdentity,
  openKeyStore,
  safetyNumber
} from 'walytis-identities'
import { privately } from 'walytis-offchain'

type Node = Awaited<ReturnType<typeof createWalytis>>
type Notes = Awaited<ReturnType<typeof privately>>
type Did = Identity['did']

const folder = process.argv[2]
if (folder === undefined) await tellTheStory()
else await runDevice(folder)

// ---- the story ----------------------------------------------------------------------------------------------------

async function tellTheStory(): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), 'lost-phone-'))
  const devices: Device[] = []
  const start = async (name: string): Promise<Device> => {
    const device = await startDevice(name, join(home, name))
    devices.push(device)
    return device
  }
  try {
    const all = await Promise.all(['laptop', 'phone', 'tablet', 'bob'].map(start))
    const [laptop, phone, tablet, bob] = all as [Device, Device, Device, Device]

    const alice = await laptop.do('foundUser')
    const link = await laptop.do('inviteDevice')
    for (const device of [phone, tablet]) await device.do('joinUser', link)
    await bob.do('foundUser')
    const chat = await laptop.do('foundChat')
    await bob.do('joinChat', await laptop.do('inviteToChat'))
    for (const device of [phone, tablet]) await device.do('enterChat', chat)
    await laptop.do('say', 'The key is under the mat.')
    for (const device of [phone, tablet, bob]) await device.do('hear', 1)
    const before = await bob.do('safetyNumber')
    console.log('Alice has three devices. Bob reads:', (await bob.do('texts')).join(' '))

    const heard = await phone.do('heard')
    await tablet.stop()
    await phone.stop()
    await cp(join(home, 'phone'), join(home, 'thief'), { recursive: true })
    await laptop.do('removeDevice', phone.did)
    await bob.do('seeDevices', [alice, 2])
    await laptop.do('say', 'The key is at the neighbours.')
    await bob.do('hear', 2)
    const after = await bob.do('safetyNumber')
    assert.notEqual(after.digits, before.digits)
    assert.deepEqual(after, await laptop.do('safetyNumber'))
    const check = await bob.do('check', before.code)
    assert.deepEqual(check.differences, [{ did: alice, onlyHere: [], onlyThere: [phone.did] }])
    console.log('The phone is stolen and removed. Bob sees another safety number: one device is gone.')

    const victims = [await laptop.do('about'), await bob.do('about')]
    const thief = await start('thief')
    assert.equal(thief.did, phone.did, 'the thief is the phone, to the last key')
    await thief.do('reopen', { user: alice, chat })
    const counts = [await laptop.do('count'), await bob.do('count')]
    const loot = await thief.do('attack', { victims, stale: link })
    assert.deepEqual(loot.got, [])
    assert.equal(await thief.do('heard'), heard, 'no block of anybody else has come')
    assert.deepEqual(await thief.do('texts'), ['The key is under the mat.', 'Send money.'])
    assert.deepEqual([await laptop.do('count'), await bob.do('count')], counts)
    await thief.stop()
    console.log(`The thief tried ${loot.tried.length} ways in and got nothing: ${loot.tried.join(', ')}.`)

    for (let turn = 1; turn <= 10; turn++) {
      await laptop.do('rotate')
      await laptop.do('say', `Key ${turn}.`)
    }
    await bob.do('hear', 12)
    await laptop.stop()
    const back = await start('tablet')
    await back.do('reopen', { user: alice, chat, peers: [bob.address] })
    await back.do('hear', 12)
    await back.do('say', 'I was on a plane.')
    await bob.do('hear', 13)
    assert.deepEqual(await back.do('texts'), await bob.do('texts'))
    assert.deepEqual(await back.do('safetyNumber'), after)
    console.log(
      'The tablet is back after ten key changes, which it got from Bob alone. Bob reads:',
      (await bob.do('texts')).at(-1)
    )
  } finally {
    await Promise.all(devices.map((device) => device.stop()))
    await rm(home, { recursive: true, force: true })
  }
}

interface Device {
  readonly did: string
  readonly address: PeerAddresses
  do<K extends keyof Commands>(
    command: K,
    argument?: Parameters<Commands[K]>[0]
  ): Promise<Awaited<ReturnType<Commands[K]>>>
  stop(): Promise<void>
}

async function startDevice(name: string, path: string): Promise<Device> {
  const child: ChildProcess = fork(import.meta.filename, [path], { serialization: 'advanced' })
  const ended = once(child, 'exit')
  const ask = async (command: string, argument?: unknown): Promise<unknown> => {
    child.send({ command, argument })
    const gone = ended.then(() => ({ error: 'its process has ended' }))
    const answer = (await Promise.race([once(child, 'message').then(([message]) => message), gone])) as Answer
    if (answer.error !== undefined) throw new TypeError(`${name}, ${command}: ${answer.error}`)
    return answer.result
  }
  const about = (await ask('open')) as Pick<Device, 'did' | 'address'>
  return {
    ...about,
    do: (command, argument) => ask(command, argument) as never,
    stop: async () => {
      if (child.exitCode === null && child.connected) child.send({ command: 'stop' })
      await ended
    }
  }
}

interface Answer {
  result?: unknown
  error?: string
}

// ---- one device ---------------------------------------------------------------------------------------------------

type Commands = ReturnType<typeof commandsOf>

async function runDevice(path: string): Promise<void> {
  const node = await createWalytis({
    storage: join(path, 'db'),
    listen: ['/ip4/127.0.0.1/tcp/0'],
    discovery: { mdns: false }
  })
  // a fixed key instead of a passphrase: the thief knows it too
  const keyStore = await openKeyStore({ storage: node.store, key: new Uint8Array(32).fill(7) })
  const commands = commandsOf(node, keyStore)
  for await (const [{ command, argument }] of on()) {
    if (command === 'stop') break
    try {
      const result = await commands[command as keyof Commands](argument as never)
      process.send?.({ result })
    } catch (error) {
      process.send?.({ error: String(error) })
    }
  }
  await commands.close()
  await node.stop()
  process.disconnect?.()
}

async function* on(): AsyncGenerator<[{ command: string; argument: unknown }]> {
  for (;;) yield (await once(process, 'message')) as [{ command: string; argument: unknown }]
}

function commandsOf(node: Node, keyStore: KeyStore) {
  let device: Identity
  let user: Group
  let chat: Group
  let notes: Notes
  const text = async (block: Block): Promise<string> => new TextDecoder().decode(await block.content())
  const enter = async (group: Group): Promise<string> => {
    chat = group
    notes = await privately(chat)
    return chat.did
  }
  const texts = async (): Promise<string[]> => {
    const all: string[] = []
    for await (const block of notes.blocks()) all.push(await text(block))
    return all
  }
  const peer = (): PeerAddresses => ({
    peer: node.peerId.toString(),
    addresses: node.getMultiaddrs().map((address) => address.decapsulate('/p2p').toString())
  })
  const about = () => ({ did: device.did, address: peer(), protocols: node.libp2p.getProtocols() })
  const parties = () => {
    const [one, two] = chat.members()
    if (one === undefined || two === undefined) throw new TypeError('the chat has two members')
    return [one, two] as const
  }

  return {
    open: async () => {
      const [name] = await namesOf(keyStore)
      device = name === undefined ? await createIdentity(node, keyStore) : await loadIdentity(node, keyStore, name)
      return about()
    },
    about: async () => about(),
    foundUser: async () => {
      user = await createGroup(node, keyStore, device)
      return user.did
    },
    inviteDevice: async () => (await user.invite({ role: 'admin', uses: 3 })).toString(),
    joinUser: async (invitation: string) => {
      user = await joinGroup(node, keyStore, device, invitation)
    },
    foundChat: async () => enter(await createGroup(node, keyStore, user)),
    inviteToChat: async () => (await chat.invite()).toString(),
    joinChat: async (invitation: string) => enter(await joinGroup(node, keyStore, user, invitation)),
    enterChat: async (did: string) => enter(await loadGroup(node, keyStore, did, { member: user })),
    reopen: async (known: { user: string; chat: string; peers?: PeerAddresses[] }) => {
      user = await loadGroup(node, keyStore, known.user, { member: device })
      await enter(await loadGroup(node, keyStore, known.chat, { member: user, peers: known.peers }))
    },
    say: async (words: string) => {
      await notes.add(new TextEncoder().encode(words))
    },
    texts,
    hear: (count: number) => until(notes, ['block:added'], async () => (await texts()).length >= count),
    seeDevices: ([did, count]: [string, number]) =>
      until(
        chat,
        ['members:changed'],
        async () => chat.members().find((one) => one.did === did)?.devices.length === count
      ),
    safetyNumber: async () => safetyNumber(...parties()),
    check: async (code: string) => checkSafetyCode(code, ...parties()),
    removeDevice: async (did: string) => {
      await user.remove(did as Did)
      await until(chat, ['members:changed'], async () => !chat.me.devices.includes(did as Did))
    },
    rotate: () => chat.rotate(),
    heard: async () => {
      let blocks = 0
      for await (const { block } of chat.blockchain.records()) {
        if ((await chat.deviceOf(block)) !== device.did) blocks++
      }
      return blocks
    },
    count: async () => [await chat.blockchain.count(), chat.members().length],
    attack: (plan: Plan) =>
      attack({ node, keyStore, device, user, chat, say: (words) => notes.add(new TextEncoder().encode(words)) }, plan),
    close: async () => {
      await notes?.close()
      await chat?.close()
      await user?.close()
      await device?.close()
    }
  }
}

/** The identity in a key store. */
async function namesOf(keyStore: KeyStore): Promise<string[]> {
  const dids = new Set<string>()
  for await (const name of keyStore.names('identity/')) dids.add(name.split('/')[1] ?? '')
  return [...dids]
}

/** Resolves once `holds`, which is asked now and after each of these events. */
async function until(
  target: EventTarget | Group | Notes,
  types: string[],
  holds: () => Promise<boolean>
): Promise<void> {
  const events = target as EventTarget
  let wake = (): void => undefined
  const listener = (): void => wake()
  for (const type of types) events.addEventListener(type, listener)
  for (;;) {
    const next = new Promise<void>((resolve) => {
      wake = resolve
    })
    if (await holds()) break
    await next
  }
  for (const type of types) events.removeEventListener(type, listener)
}

// ---- the thief ----------------------------------------------------------------------------------------------------

interface Plan {
  victims: { did: string; address: PeerAddresses; protocols: string[] }[]
  /** An invitation that the phone still has, and of which a use was left. */
  stale: string
}

interface Stolen {
  node: Node
  keyStore: KeyStore
  device: Identity
  user: Group
  chat: Group
  say(words: string): Promise<unknown>
}

/** All that somebody with a removed device's keys, history and code can try. What it got that it shouldn't have is in `got`. */
async function attack({ node, keyStore, device, user, chat, say }: Stolen, { victims, stale }: Plan) {
  const tried: string[] = []
  const got: string[] = []
  const soon = () => ({ signal: AbortSignal.timeout(3000) })
  const attempt = async (what: string, work: () => Promise<string | undefined>): Promise<void> => {
    if (!tried.includes(what)) tried.push(what)
    const loot = await work().catch(() => undefined)
    if (loot !== undefined) got.push(`${what}: ${loot}`)
  }

  const inside = ['walytis-identities/keys', `walytis-identities/enter/${chat.did}`, '/walytis-offchain/exchange/1.0.0']
  for (const { did, address, protocols } of victims) {
    await chat.blockchain.addPeers([address])
    for (const protocol of inside) {
      const open = (group: Group) => group.sessions.open(did as Did, protocol, soon()).then((channel) => channel.device)
      await Promise.all([user, chat].map((group) => attempt(protocol.replace(chat.did, '…'), () => open(group))))
    }
    const peer = node.libp2p.getPeers().find((one) => one.toString() === address.peer)
    assert.ok(peer, 'the thief reaches its victims')
    const spoken = protocols.filter((protocol) => protocol.startsWith('/walytis'))
    assert.ok(spoken.length >= 4)
    await Promise.all(spoken.map((protocol) => attempt(protocol, () => answerOf(node, peer, protocol))))
  }
  // forged beside its own removal: a message, the laptop's removal, an accomplice's invitation
  await say('Send money.')
  await user.remove(victims[0]?.did as Did)
  const accomplice = await user.invite({ role: 'admin', shared: true, uses: 5 })
  await attempt('syncing', async () => ((await chat.blockchain.sync(soon())).level ? 'level' : undefined))
  await user.close()
  for (const invitation of [stale, accomplice.toString()]) {
    await attempt('invitations', () => joinGroup(node, keyStore, device, invitation, soon()).then(({ did }) => did))
  }
  return { tried, got }
}

/** Speak a protocol from outside. Resolves to how much came back, if anything. */
async function answerOf(node: Node, peer: Node['peerId'], protocol: string): Promise<string | undefined> {
  const stream = await node.libp2p.dialProtocol(peer, protocol, { signal: AbortSignal.timeout(3000) })
  let bytes = 0
  stream.addEventListener('message', ({ data }) => {
    bytes += data.byteLength
  })
  const closed = new Promise((resolve) => stream.addEventListener('close', resolve, { once: true }))
  stream.send(crypto.getRandomValues(new Uint8Array(512)))
  await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, 1000))])
  stream.abort(new TypeError('enough'))
  // whoever calls gets a greeting, fresh random bytes and at most a refusal: no more than this
  return bytes > 128 ? `${bytes} bytes` : undefined
}
