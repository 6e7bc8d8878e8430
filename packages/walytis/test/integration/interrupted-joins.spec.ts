import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Libp2p } from '@libp2p/interface'
import { afterEach, describe, expect, it } from 'vitest'
import type { BaseBlockchain, Walytis } from '../../src/interface/index.ts'
import { createActor } from '../../src/testing/actors.ts'
import { forgeBlock, forgeGenesis } from '../../src/testing/forge.ts'
import { serveForged } from '../support/forger.ts'
import { all, temporaryFolder } from '../support/local-chains.ts'
import { bytes, nextEvent, TestNodes } from '../support/nodes.ts'
import { startRawPeer } from '../support/raw-peer.ts'

const script = (name: string): string => fileURLToPath(new URL(`../support/${name}`, import.meta.url))
const KILOBYTES = 2048

describe('a join that is interrupted', () => {
  const nodes = new TestNodes()
  const children: ChildProcess[] = []
  const raw: Libp2p[] = []

  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL')
    await Promise.all(raw.splice(0).map((peer) => peer.stop()))
    await nodes.stop()
  })

  function start(name: string, args: string[]): ChildProcess {
    const child = spawn(process.execPath, [script(name), ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
    children.push(child)
    return child
  }

  async function* linesOf(child: ChildProcess): AsyncGenerator<string[]> {
    for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) yield line.split(' ')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  }

  async function filled(node: Walytis, count: number): Promise<BaseBlockchain> {
    const chain = await node.create()
    for (let i = 0; i < count; i += 100) {
      await Promise.all(Array.from({ length: 100 }, (_, j) => chain.add(new Uint8Array(KILOBYTES).fill((i + j) % 251))))
    }
    return chain
  }

  it('R37 goes on where it was when the joiner is killed, again and again, by one use of the invitation', {
    timeout: 60_000
  }, async () => {
    await using folder = await temporaryFolder()
    const notes = await filled(await nodes.start(), 700)
    const invitation = (await notes.invite()).toString()
    let before = 0
    for (const limit of [100, 400, Number.POSITIVE_INFINITY]) {
      const received: number[] = []
      let complete = 0
      for await (const [word, count] of linesOf(start('joiner-process.ts', [folder.path, invitation, String(limit)]))) {
        if (word === 'received') received.push(Number(count))
        else complete = Number(count)
      }
      expect(received[0]).toBeGreaterThan(before)
      expect(received).toEqual(received.toSorted((a, b) => a - b))
      before = received.at(-1) ?? 0
      expect(complete).toBe(limit === Number.POSITIVE_INFINITY ? 700 : 0)
    }
  })

  it('R37 goes on with another member when the inviter is killed', { timeout: 60_000 }, async () => {
    await using folder = await temporaryFolder()
    const alice = start('holder-process.ts', [folder.path, '1000', String(KILOBYTES)])
    const [, invitation = ''] = (await linesOf(alice).next()).value ?? []
    const [bob, carol] = [await nodes.start(), await nodes.start()]
    const carols = await carol.join(invitation)
    const bobs = await bob.join(invitation, {
      onProgress: ({ detail }) => {
        if (detail.received >= 300) alice.kill('SIGKILL')
      }
    })
    expect(alice.killed).toBe(true)
    expect(await bobs.count()).toBe(1000)
    expect(await bobs.heads()).toEqual(await carols.heads())
    expect(bobs.getPeers()).toEqual([carol.peerId])
  })

  it('R37 can be read meanwhile, and goes on when the node is started again', { timeout: 60_000 }, async () => {
    await using hers = await temporaryFolder()
    await using his = await temporaryFolder()
    const [alice, bob] = [await nodes.start({ storage: hers.path }), await nodes.start({ storage: his.path })]
    const notes = await filled(alice, 1500)
    const { peerId } = alice
    const [address] = alice.getMultiaddrs()
    const same = await bob.join(await notes.invite(), { until: 'begun' })
    await alice.stop()
    expect(same.complete).toBe(false)
    await expect(same.add(bytes('too early'))).rejects.toMatchObject({ name: 'IncompleteChainError' })
    // the first part of the history, in causal order
    const heights: number[] = []
    for await (const { height } of same.blocks()) heights.push(height)
    expect(heights.length).toBeLessThan(1500)
    expect(heights).toEqual(heights.map((_, i) => i + 1))
    expect(await same.sync()).toEqual({
      level: false,
      peers: [],
      missed: [{ peer: peerId, reason: 'unreachable' }]
    })
    await bob.stop()

    const [again, alices] = [
      await nodes.start({ storage: his.path }),
      await nodes.start({ storage: hers.path, listen: [String(address?.decapsulate('/p2p'))] })
    ]
    expect((await all(again.list())).map(({ complete }) => complete)).toEqual([false])
    const opened = await again.open(notes.id)
    const level = nextEvent(opened, 'sync:level')
    await alices.open(notes.id)
    await level
    expect(opened.complete).toBe(true)
    expect(await opened.count()).toBe(1500)
    await opened.add(bytes('in time'))
    expect((await opened.sync()).level).toBe(true)
  })

  it('R23 is thrown away whole, with what could be read of it, when the inviter goes on with a forgery', async () => {
    const mallorysKey = createActor('mallory')
    const [mallory, bob] = [await startRawPeer(), await nodes.start()]
    raw.push(mallory)
    const genesis = await forgeGenesis(mallorysKey)
    const place = { signer: mallorysKey.signer, genesis: genesis.signed }
    const first = await forgeBlock({ ...place, parents: [genesis.signed], prev: genesis.signed })
    const second = await forgeBlock({ ...place, parents: [first.signed], prev: first.signed })
    const damaged = second.block.slice()
    damaged[damaged.length - 1] = (damaged[damaged.length - 1] as number) ^ 1
    const goOn = Promise.withResolvers<void>()
    const invitation = await serveForged(mallory, {
      chain: genesis.signed.id,
      heads: [second.signed.id],
      sent: async function* () {
        yield [genesis, first]
        await goOn.promise
        yield [{ block: damaged, content: second.content }]
      }
    })
    const chain = await bob.join(invitation, { until: 'begun' })
    expect(await chain.count()).toBe(1)
    const failed = new Promise<Error>((resolve) => {
      chain.addEventListener('join:failed', ({ detail }) => resolve(detail.error), { once: true })
    })
    goOn.resolve()
    expect(await failed).toMatchObject({ name: 'InvitationError', reason: 'forged' })
    await expect.poll(() => all(bob.list())).toEqual([])
    await expect(chain.count()).rejects.toMatchObject({ name: 'ClosedError' })
    await expect(bob.open(chain.id)).rejects.toMatchObject({ name: 'NotFoundError' })
    const traces = () => all(bob.store.keys({ keyEncoding: 'utf8' }))
    await expect.poll(async () => (await traces()).filter((name) => name.includes(chain.id))).toEqual([])
  })
})
