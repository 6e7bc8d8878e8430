import { randomBytes } from 'node:crypto'
import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import type { CID } from 'multiformats/cid'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { decodeBlock } from '../../src/block/format.ts'
import { fileContentIdOf, parseBlockId } from '../../src/block/id.ts'
import { CONTENT_PROTOCOL, MAX_STREAMS_PER_PEER } from '../../src/content/limits.ts'
import { type ContentMessage, decodeContentMessage, encodeContentMessage } from '../../src/content/messages.ts'
import { placeAt, shapeOf } from '../../src/content/shape.ts'
import type { BaseBlockchain, BlockId, RawBlock, SignedBlock, Walytis } from '../../src/interface/index.ts'
import { openStore } from '../../src/storage/open-store.ts'
import { type Frames, framesOf } from '../../src/sync/framing.ts'
import { createActor } from '../../src/testing/actors.ts'
import { FailingStore } from '../support/failing-store.ts'
import { forgeFileBlock } from '../support/forge-file.ts'
import { makeFile } from '../support/memory-files.ts'
import { TestNodes } from '../support/nodes.ts'
import { obtainKey, RawSync, startRawPeer } from '../support/raw-peer.ts'

const LEAF = 256 * 1024
const CONTENT = randomBytes(4 * LEAF)

type Request = Extract<ContentMessage, { type: 'fetch' }>

describe('larger content of a hostile peer', () => {
  const nodes = new TestNodes()
  let alice: Walytis
  let bob: Walytis
  let mallory: Libp2p
  let files: BaseBlockchain
  let bobs: BaseBlockchain
  let sync: RawSync
  let genesis: SignedBlock
  /** What Mallory does with a request. */
  let behave: (frames: Frames, request: Request) => Promise<void>
  let requests: Request[]

  beforeEach(async () => {
    alice = await nodes.start()
    bob = await nodes.start()
    mallory = await startRawPeer()
    files = await alice.create()
    bobs = await bob.join(await files.invite())
    requests = []
    await mallory.handle(CONTENT_PROTOCOL, async (stream: Stream) => {
      const frames = framesOf(stream, 1024, 1024 * 1024)
      const request = decodeContentMessage(await frames.read())
      if (request?.type !== 'fetch') return
      requests.push(request)
      await behave(frames, request)
    })
  })

  afterEach(async () => {
    await mallory.stop()
    await nodes.stop()
  })

  /** Mallory holds the chain like any member, and is Bob's only partner until Alice is back. */
  async function leaveBobToMallory(): Promise<BlockId> {
    const key = await obtainKey(mallory, alice, (await files.invite()).toString())
    const { id } = await files.add(CONTENT)
    await bobs.sync()
    await files.close()
    sync = await RawSync.open(mallory, bob, files.id, key)
    const { round, heads, digest, count } = await sync.until('heads')
    const chain = parseBlockId(files.id)
    await sync.send({ type: 'heads', chain, round, heads, digest, count, partial: false })
    await sync.send({ type: 'held', chain, round, lacking: false })
    await sync.until('held')
    await untilPeer(bobs, mallory)
    return id
  }

  async function aliceComesBack(): Promise<void> {
    await alice.open(files.id)
  }

  /** Serve as an honest peer does, with nodes changed by `change`, up to a position. */
  async function serveNodes(
    frames: Frames,
    { from }: Request,
    upTo: number,
    change = (bytes: Uint8Array): Uint8Array => bytes
  ): Promise<void> {
    const { root, nodes: made } = await makeFile(CONTENT)
    const shape = shapeOf(CONTENT.length)
    await frames.write([encodeContentMessage({ type: 'answer', until: shape.total })])
    for (let position = from; position < upTo; position++) {
      const { level, index } = placeAt(shape, position)
      const leaf = CONTENT.subarray(index * LEAF, (index + 1) * LEAF)
      const bytes = level === 0 ? new Uint8Array(leaf) : (made.get(root.toString()) ?? new Uint8Array())
      await frames.write([change(bytes)])
    }
  }

  it('R29 that is wrong is thrown away; another is asked, the liar is not, and the right content is taken', async () => {
    behave = (frames, request) =>
      serveNodes(frames, request, 3, (bytes) => (bytes.length === LEAF ? new Uint8Array(LEAF).fill(7) : bytes))
    const block = await bobs.get(await leaveBobToMallory())
    const { onProgress, progress } = recorder()
    const reading = block.content({ signal: AbortSignal.timeout(30_000), onProgress })
    await until(() => requests.length === 1)
    await aliceComesBack()
    expect(CONTENT.equals(await reading)).toBe(true)
    // asked once, and left alone since
    expect(requests.map(({ from }) => from)).toEqual([0])
    expect(progress.every((received) => received <= CONTENT.length)).toBe(true)
  })

  it('F16 that breaks off in the middle is kept as far as it came, and asked for from there', async () => {
    behave = async (frames, request) => {
      await serveNodes(frames, request, Math.min(request.from + 2, 4))
      await frames.close()
    }
    const block = await bobs.get(await leaveBobToMallory())
    const reading = block.content({ signal: AbortSignal.timeout(30_000) })
    await until(() => requests.length >= 2)
    await aliceComesBack()
    expect(CONTENT.equals(await reading)).toBe(true)
    expect(requests.slice(0, 2).map(({ from }) => from)).toEqual([0, 2])
  })

  it('F21 that is promised and never comes is had from another', async () => {
    behave = async () => await new Promise<never>(() => {})
    const block = await bobs.get(await leaveBobToMallory())
    const reading = block.content({ signal: AbortSignal.timeout(60_000) })
    await until(() => requests.length === 1)
    await aliceComesBack()
    expect(CONTENT.equals(await reading)).toBe(true)
  })

  it('F21 of a store that never answers does not keep who has lost patience', async () => {
    const store = new FailingStore(await openStore(undefined))
    const carol = await nodes.start({ storage: store })
    const chain = await carol.create()
    const { id } = await chain.add(CONTENT)
    const block = await chain.get(id)
    store.isStuck = true
    const ending = new AbortController()
    const whole = expect(block.content({ signal: ending.signal })).rejects.toThrow('enough')
    const pieces = expect(block.stream({ signal: ending.signal })[Symbol.asyncIterator]().next()).rejects.toThrow(
      'enough'
    )
    ending.abort(new RangeError('enough'))
    await Promise.all([whole, pieces])
    store.isStuck = false
    expect(CONTENT.equals(await block.content())).toBe(true)
  })

  it('whose root lies is refused for good, and holds up nothing', async () => {
    const key = await obtainKey(mallory, alice, (await files.invite()).toString())
    const made = await makeFile(CONTENT)
    const root = made.nodes.get(made.root.toString()) ?? new Uint8Array()
    const bomb = new Uint8Array(200).fill(1)
    behave = async (frames, { block }) => {
      await frames.write([encodeContentMessage({ type: 'answer', until: 1_000_000 })])
      await frames.write([block.equals(bombId) ? bomb : root])
    }
    sync = await RawSync.open(mallory, bob, files.id, key)
    const chain = parseBlockId(files.id)
    const { round, heads, digest, count } = await sync.until('heads')
    await sync.send({ type: 'heads', chain, round, heads, digest, count, partial: false })
    await sync.send({ type: 'held', chain, round, lacking: true })
    genesis = genesisOf((await sync.until('blocks')).blocks)
    await sync.send({ type: 'ack', chain, n: 1 })
    const signer = createActor('mallory').signer
    const claims: [CID, number][] = [
      [made.root, CONTENT.length + 1],
      [made.root, 200 * 1024 ** 3],
      [fileContentIdOf(bomb), CONTENT.length]
    ]
    const blocks: SignedBlock[] = []
    for (const [content, size] of claims) {
      blocks.push(await forgeFileBlock({ signer, genesis, prev: blocks.at(-1), content, size }))
    }
    const bombId = (blocks[2] as SignedBlock).id
    const raw = blocks.map((block) => ({ block: block.bytes, content: new Uint8Array() }))
    await sync.send({ type: 'blocks', chain, n: 1, blocks: raw })
    await until(async () => (await bobs.count()) === 3)
    await files.close()
    await until(() => bobs.getPeers().some((peer) => peer.equals(mallory.peerId)))
    for (const { id } of blocks) {
      const block = await bobs.get(id)
      const reading = block
        .stream({ signal: AbortSignal.timeout(20_000) })
        [Symbol.asyncIterator]()
        .next()
      await expect(reading).rejects.toMatchObject({ name: 'InvalidContentError' })
    }
    // too large to be given out whole; and nobody is asked again for the others
    await expect((await bobs.get((blocks[1] as SignedBlock).id)).content()).rejects.toMatchObject({
      name: 'LimitExceededError'
    })
    const asked = requests.length
    await expect((await bobs.get(bombId)).content()).rejects.toMatchObject({ name: 'InvalidContentError' })
    expect(requests.length).toBe(asked)
  })

  it('R34 can not be had over many connections at a time by one peer, and by others all the while', async () => {
    const key = await obtainKey(mallory, alice, (await files.invite()).toString())
    const large = randomBytes(24 * LEAF)
    const { id } = await files.add(large)
    await bobs.sync()
    sync = await RawSync.open(mallory, alice, files.id, key)
    await sync.until('heads')
    const ask = async (connection: Connection): Promise<boolean> => {
      const stream = await connection.newStream(CONTENT_PROTOCOL, { maxOutboundStreams: 100 })
      const frames = framesOf(stream, LEAF, 8 * 1024 * 1024)
      await frames.write([
        encodeContentMessage({ type: 'fetch', chain: parseBlockId(files.id), block: id, from: 0, until: 1 })
      ])
      const answer = decodeContentMessage(await frames.read({ signal: AbortSignal.timeout(20_000) }))
      return answer?.type === 'answer' && answer.until > 0
    }
    let served = 0
    // fewer on each than libp2p itself would stop
    for (let i = 0; i < 3; i++) {
      const connection = await mallory.dial(alice.getMultiaddrs(), { force: true })
      for (let asked = 0; asked < MAX_STREAMS_PER_PEER - 4; asked++) if (await ask(connection)) served++
    }
    expect(mallory.getConnections(alice.peerId).length).toBeGreaterThanOrEqual(3)
    expect(served).toBe(MAX_STREAMS_PER_PEER)
    const content = await (await bobs.get(id)).content({ signal: AbortSignal.timeout(30_000) })
    expect(large.equals(content)).toBe(true)
  })

  it('F14 is nothing to a stranger, who is told what everybody is told', async () => {
    const { id } = await files.add(CONTENT)
    const ask = async (chain: string, block: BlockId): Promise<string> => {
      const stream = await mallory.dialProtocol(alice.getMultiaddrs(), CONTENT_PROTOCOL)
      const frames = framesOf(stream, LEAF, 2 * 1024 * 1024)
      await frames.write([
        encodeContentMessage({ type: 'fetch', chain: parseBlockId(chain), block, from: 0, until: 16 })
      ])
      const answer = Buffer.from(await frames.read({ signal: AbortSignal.timeout(10_000) })).toString('hex')
      await expect(frames.read({ signal: AbortSignal.timeout(10_000) })).rejects.toMatchObject({
        name: 'UnexpectedEOFError'
      })
      return answer
    }
    const answers = [await ask(files.id, id), await ask(files.id, parseBlockId(files.id)), await ask(id.toString(), id)]
    expect(new Set(answers).size).toBe(1)
    expect(answers[0]).toBe(Buffer.from(encodeContentMessage({ type: 'answer', until: 0 })).toString('hex'))
  })
})

function genesisOf([raw]: readonly RawBlock[]): SignedBlock {
  const decoded = raw === undefined ? undefined : decodeBlock(raw.block)
  return decoded?.ok === true ? decoded.block : expect.unreachable('the genesis can not be decoded')
}

function recorder() {
  const progress: number[] = []
  return { progress, onProgress: ({ detail }: { detail: { received: number } }) => void progress.push(detail.received) }
}

async function untilPeer(chain: BaseBlockchain, peer: Libp2p): Promise<void> {
  await until(() => chain.getPeers().some((one) => one.equals(peer.peerId)))
}

/** Resolves once something that has no event is so. */
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const signal = AbortSignal.timeout(30_000)
  while (!(await isSo())) {
    signal.throwIfAborted()
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
