import type { Libp2p } from '@libp2p/interface'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { decodeBlock } from '../../src/block/format.ts'
import { parseBlockId } from '../../src/block/id.ts'
import type { BaseBlockchain, RawBlock, SignedBlock, Walytis } from '../../src/interface/index.ts'
import { createActor } from '../../src/testing/actors.ts'
import { forgeBlock } from '../../src/testing/forge.ts'
import { bytes, TestNodes, textsOf, untilText } from '../support/nodes.ts'
import { obtainKey, RawSync, startRawPeer } from '../support/raw-peer.ts'

const mallorysKey = createActor('mallory')

describe('a hostile peer', () => {
  const nodes = new TestNodes()
  let alice: Walytis
  let bob: Walytis
  let mallory: Libp2p
  let notes: BaseBlockchain
  let bobs: BaseBlockchain
  let key: Uint8Array

  beforeEach(async () => {
    alice = await nodes.start()
    bob = await nodes.start()
    mallory = await startRawPeer()
    notes = await alice.create()
    bobs = await bob.join(await notes.invite())
    key = await obtainKey(mallory, alice, (await notes.invite()).toString())
  })

  afterEach(async () => {
    await mallory.stop()
    await nodes.stop()
  })

  const chain = () => parseBlockId(notes.id)

  /** Take part like a member that holds the same blocks. */
  async function takePart(): Promise<{ sync: RawSync; genesis: SignedBlock }> {
    const sync = await RawSync.open(mallory, alice, notes.id, key)
    const { round, heads, digest, count } = await sync.until('heads')
    await sync.send({ type: 'heads', chain: chain(), round, heads, digest, count, partial: false })
    await sync.send({ type: 'held', chain: chain(), round, lacking: true })
    const { blocks } = await sync.until('blocks')
    await sync.send({ type: 'ack', chain: chain(), n: 1 })
    const decoded = decodeBlock((blocks[0] as RawBlock).block)
    if (!decoded.ok) return expect.unreachable('the genesis can not be decoded')
    return { sync, genesis: decoded.block }
  }

  async function forge(genesis: SignedBlock, text: string): Promise<RawBlock> {
    const { block, content } = await forgeBlock({
      signer: mallorysKey.signer,
      genesis,
      parents: [genesis],
      content: bytes(text)
    })
    return { block, content }
  }

  it('R1 that sends wrongly signed blocks is cut off after a few; none is stored or forwarded', async () => {
    const { sync, genesis } = await takePart()
    for (let n = 1; n <= 3; n++) {
      const { block, content } = await forge(genesis, `forged ${n}`)
      const last = block.length - 1
      block[last] = (block[last] as number) ^ 1
      await sync.send({ type: 'blocks', chain: chain(), n, blocks: [{ block, content }] })
    }
    await sync.untilEnd()
    await notes.add(bytes('honest'))
    await untilText(bobs, 'honest')
    expect(await textsOf(notes)).toEqual(['honest'])
    expect(await textsOf(bobs)).toEqual(['honest'])
    const again = RawSync.open(mallory, alice, notes.id, key)
    await expect(again).rejects.toThrow()
  })

  it('that sends what is no message, or too long a one, is cut off', async () => {
    const { sync } = await takePart()
    await sync.sendBytes(bytes('nonsense'))
    await sync.untilEnd()
    await notes.add(bytes('still here'))
    await untilText(bobs, 'still here')
  })

  it('R2 that writes as somebody else is cut off; nothing of it is stored or forwarded', async () => {
    const { sync, genesis } = await takePart()
    const signer = { publicKey: genesis.creator, sign: mallorysKey.signer.sign.bind(mallorysKey.signer) }
    for (let n = 1; n <= 3; n++) {
      const { block, content } = await forgeBlock({
        signer,
        genesis,
        parents: [genesis],
        prev: genesis,
        content: bytes(`as alice ${n}`)
      })
      await sync.send({ type: 'blocks', chain: chain(), n, blocks: [{ block, content }] })
    }
    await sync.untilEnd()
    await notes.add(bytes('honest'))
    await untilText(bobs, 'honest')
    for (const one of [notes, bobs]) expect(await textsOf(one)).toEqual(['honest'])
  })

  it('R34 that sends a message of ten megabytes is cut off before it is read', async () => {
    const { sync } = await takePart()
    await sync.sendBytes(new Uint8Array(10 * 1024 * 1024)).catch(() => {})
    await sync.untilEnd()
    await notes.add(bytes('still here'))
    await untilText(bobs, 'still here')
  })

  it('F16 that vanishes in the middle of a message leaves everybody else alone', async () => {
    const { sync } = await takePart()
    await notes.add(bytes('for all'))
    await sync.until('blocks')
    await mallory.stop()
    await notes.add(bytes('for the others'))
    await untilText(bobs, 'for the others')
  })

  it('F7 that floods with orphans is cut off, and honest blocks still arrive', async () => {
    const { sync, genesis } = await takePart()
    let parent = genesis
    const orphans: RawBlock[] = []
    for (let i = 0; i < 1500; i++) {
      const forged = await forgeBlock({
        signer: mallorysKey.signer,
        genesis,
        parents: [parent],
        ...(i === 0 ? {} : { prev: parent })
      })
      if (i > 0) orphans.push({ block: forged.block, content: forged.content })
      parent = forged.signed
    }
    try {
      for (let n = 1; n <= 15; n++) {
        await sync.send({ type: 'blocks', chain: chain(), n, blocks: orphans.slice((n - 1) * 100, n * 100) })
      }
    } catch {
      // cut off while still sending
    }
    await sync.untilEnd()
    await notes.add(bytes('honest'))
    await untilText(bobs, 'honest')
    expect(await notes.count()).toBe(1)
  })

  it('that is a stranger learns of no chain, and takes part in none', async () => {
    const stranger = await startRawPeer()
    try {
      const sync = await RawSync.open(stranger, alice, notes.id, new Uint8Array(32).fill(1))
      const heads = [chain()]
      await sync.send({
        type: 'heads',
        chain: chain(),
        round: 1,
        heads,
        digest: new Uint8Array(16),
        count: 1,
        partial: false
      })
      await sync.send({ type: 'want', chain: chain(), ids: [{ height: 0, id: chain() }] })
      await notes.add(bytes('secret'))
      await untilText(bobs, 'secret')
      await expect(sync.read(500).then(({ type }) => type)).resolves.toBe('tags')
      await expect(sync.read(500)).rejects.toMatchObject({ name: 'TimeoutError' })
      const said = Buffer.concat(sync.bytes)
      expect(said.includes(Buffer.from(chain().multihash.digest))).toBe(false)
      expect(notes.getPeers()).toEqual([bob.peerId])
    } finally {
      await stranger.stop()
    }
  })

  it('that replays the tags of another stream learns nothing', async () => {
    const { sync } = await takePart()
    const tags = sync.received.find((message) => message.type === 'tags')
    const stranger = await startRawPeer()
    try {
      const other = await RawSync.open(stranger, alice, notes.id, new Uint8Array(32).fill(1))
      await other.until('tags')
      if (tags !== undefined) await other.send(tags)
      await expect(other.read(500)).rejects.toMatchObject({ name: 'TimeoutError' })
    } finally {
      await stranger.stop()
    }
  })
})
