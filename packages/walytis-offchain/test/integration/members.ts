import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createWalytis } from 'walytis'
import type { Walytis } from 'walytis/interface'
import {
  createGroup,
  createIdentity,
  type Group,
  type Identity,
  joinGroup,
  type KeyStore,
  loadGroup,
  loadIdentity,
  openKeyStore
} from 'walytis-identities'
import { type PrivateBlock, type PrivateBlockchain, type PrivateEvents, privately } from '../../src/index.ts'

/** A real node with a real disk, and who acts there. */
export interface Device {
  readonly name: string
  readonly folder: string
  readonly walytis: Walytis
  readonly keyStore: KeyStore
  readonly identity: Identity
}

/** A device in a group, with the group's private chain. */
export interface Member extends Device {
  readonly group: Group
  readonly chain: PrivateBlockchain
}

/** A passphrase stretched as little as is allowed: tests are not for waiting. */
const KEY = { passphrase: 'tests only', argon2: { memoryKiB: 8, passes: 1 } }

/** What the tests of one file have started, so that all of it ends. */
export class Cast {
  readonly #ends: (() => Promise<void>)[] = []

  /** A node that listens on loopback alone, with a key store and an identity. */
  async device(name: string): Promise<Device> {
    const folder = await mkdtemp(join(tmpdir(), `offchain-${name}-`))
    this.#ends.push(async () => await rm(folder, { recursive: true, force: true }))
    const { walytis, keyStore } = await this.#start(folder)
    return { name, folder, walytis, keyStore, identity: await createIdentity(walytis, keyStore) }
  }

  /** Who begins a group. */
  async founder(name: string, history: 'shared' | 'from-join' = 'from-join'): Promise<Member> {
    const device = await this.device(name)
    return await this.#member(device, await createGroup(device.walytis, device.keyStore, device.identity, { history }))
  }

  /** Who joins it by an invitation of a member. */
  async joiner(name: string, inviter: Member): Promise<Member> {
    const device = await this.device(name)
    const invitation = (await inviter.group.invite()).toString()
    return await this.#member(device, await joinGroup(device.walytis, device.keyStore, device.identity, invitation))
  }

  /** The same device after its process ended and began again. */
  async restart(member: Member): Promise<Member> {
    await stop(member)
    const { walytis, keyStore } = await this.#start(member.folder)
    const identity = await loadIdentity(walytis, keyStore, member.identity.did)
    const group = await loadGroup(walytis, keyStore, member.group.did, { member: identity })
    return await this.#member({ ...member, walytis, keyStore, identity }, group)
  }

  async end(): Promise<void> {
    for (const end of this.#ends.splice(0).reverse()) await end()
  }

  async #start(folder: string): Promise<{ walytis: Walytis; keyStore: KeyStore }> {
    const walytis = await createWalytis({
      storage: folder,
      listen: ['/ip4/127.0.0.1/tcp/0'],
      discovery: { mdns: false },
      libp2p: { connectionManager: { inboundConnectionThreshold: 1000 } }
    })
    this.#ends.push(async () => await walytis.stop())
    return { walytis, keyStore: await openKeyStore({ storage: walytis.store, ...KEY }) }
  }

  async #member(device: Device, group: Group): Promise<Member> {
    const chain = await privately(group)
    const member = { ...device, group, chain }
    this.#ends.push(async () => await stop(member))
    return member
  }
}

/** End a member's process, as far as one can within a test's own. */
export async function stop({ chain, group, keyStore, walytis }: Member): Promise<void> {
  await chain.close()
  await group.close()
  await keyStore.close()
  await walytis.stop()
}

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

export async function textOf(block: PrivateBlock): Promise<string> {
  return new TextDecoder().decode(await block.content({ signal: AbortSignal.timeout(10_000) }))
}

/** The contents of all blocks that are shown. */
export async function texts(chain: PrivateBlockchain): Promise<string[]> {
  const found: string[] = []
  for await (const block of chain.blocks()) found.push(await textOf(block))
  return found
}

/** Resolves once two members' devices have a session with each other. */
export async function met(one: Member, other: Member): Promise<void> {
  const sees = async (a: Member, b: Member): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const unwatch = a.group.sessions.watch((device, state) => {
      if (state === 'up' && device === b.identity.did) resolve()
    })
    if (a.group.sessions.connected().includes(b.identity.did)) resolve()
    await promise
    unwatch()
  }
  await Promise.all([sees(one, other), sees(other, one)])
}

/** The next event of a type, or the next that fits. */
export async function event<K extends keyof PrivateEvents>(
  chain: PrivateBlockchain,
  type: K,
  fits: (event: PrivateEvents[K]) => boolean = () => true
): Promise<PrivateEvents[K]> {
  return await new Promise((resolve) => {
    const listener = (happened: PrivateEvents[K]): void => {
      if (!fits(happened)) return
      chain.removeEventListener(type, listener)
      resolve(happened)
    }
    chain.addEventListener(type, listener)
  })
}

/** Resolves once the chain shows this content. */
export async function arrival(member: Member, content: string): Promise<PrivateBlock> {
  const { promise, resolve, reject } = Promise.withResolvers<PrivateBlock>()
  const look = async (): Promise<void> => {
    for await (const block of member.chain.blocks({ reverse: true })) {
      if (block.available && (await textOf(block)) === content) return resolve(block)
    }
  }
  const listener = (): void => void look().catch(reject)
  member.chain.addEventListener('block:added', listener)
  listener()
  try {
    return await promise
  } finally {
    member.chain.removeEventListener('block:added', listener)
  }
}
