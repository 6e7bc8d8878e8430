import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { prepareGenesis } from '../src/chain/genesis.ts'
import type { BatchOperation, ChainSettings } from '../src/interface/index.ts'
import { DEFAULT_POLICY } from '../src/policy.ts'
import { alice, bob, carol } from '../src/testing/actors.ts'
import {
  all,
  bytes,
  copyBlocks,
  createChain,
  type LocalNode,
  NOBODY,
  openLocalNode,
  replicate,
  temporaryFolder,
  text
} from './support/local-chains.ts'

const init = { signer: alice.signer, accessControl: NOBODY }

describe('the chains of a node', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let node: LocalNode

  beforeEach(async () => {
    folder = await temporaryFolder()
    node = await openLocalNode(folder.path)
  })

  afterEach(async () => {
    await node.stop()
    await folder[Symbol.asyncDispose]()
  })

  async function restart(): Promise<void> {
    await node.stop()
    node = await openLocalNode(folder.path)
  }

  it('are there after a restart, and go on', async () => {
    const { blockchain } = await createChain(node)
    const before = [await blockchain.add(bytes('1'), { topics: ['t'] }), await blockchain.add(bytes('2'))]
    await restart()
    const again = (await node.chains.open(blockchain.id, init)).blockchain
    expect(again.settings).toEqual(blockchain.settings)
    const found = await all(again.blocks())
    expect(found.map(({ id }) => `${id}`)).toEqual(before.map(({ id }) => `${id}`))
    expect(await Promise.all(found.map(async (block) => text(await block.content())))).toEqual(['1', '2'])
    const third = await again.add(bytes('3'))
    expect(third.seq).toBe(4)
    expect(third.parents.map(String)).toEqual([before[1]?.id.toString()])
  })

  it('are listed with their heads, and forgotten without a trace', async () => {
    const kept = (await node.chains.create({ ...init, access: 'public', name: 'kept' })).blockchain
    const { blockchain } = await createChain(node)
    const block = await kept.add(bytes('x'))
    const listed = await all(node.chains.list())
    expect(listed.find(({ id }) => id === kept.id)).toMatchObject({ name: 'kept', count: 1 })
    expect(listed.find(({ id }) => id === kept.id)?.heads.map(String)).toEqual([block.id.toString()])
    await node.chains.delete(blockchain.id)
    await expect(blockchain.add(bytes('late'))).rejects.toMatchObject({ name: 'ClosedError' })
    await expect(node.chains.open(blockchain.id, init)).rejects.toMatchObject({ name: 'NotFoundError', kind: 'chain' })
    expect((await all(node.store.keys())).filter((key) => key.includes(blockchain.id))).toEqual([])
    expect((await all(node.chains.list())).map(({ id }) => id)).toEqual([kept.id])
  })

  it('opened twice are the same object, and a new one after closing', async () => {
    const { blockchain } = await createChain(node)
    const [one, two] = await Promise.all([node.chains.open(blockchain.id, init), node.chains.open(blockchain.id, init)])
    expect(one?.blockchain).toBe(blockchain)
    expect(two).toBe(one)
    await blockchain.close()
    const [three, four] = await Promise.all([
      node.chains.open(blockchain.id, init),
      node.chains.open(blockchain.id, init)
    ])
    expect(three).toBe(four)
    expect(three?.blockchain).not.toBe(blockchain)
  })

  it('open only with the policy that their genesis names', async () => {
    const { blockchain } = await createChain(node)
    await blockchain.close()
    const policy = { ...DEFAULT_POLICY, name: 'other' }
    const opening = node.chains.open(blockchain.id, { ...init, policy })
    await expect(opening).rejects.toMatchObject({
      name: 'PolicyMismatchError',
      required: 'walytis/default',
      given: 'other'
    })
    await node.chains.open(blockchain.id, init)
  })

  it('hand their id and settings to whoever makes their access control', async () => {
    const seen: [string, ChainSettings][] = []
    const { replica, blockchain } = await node.chains.create({
      ...init,
      access: 'public',
      name: 'named',
      accessControl: (id, settings) => {
        seen.push([id.toString(), settings])
        return NOBODY
      }
    })
    expect(seen).toEqual([[blockchain.id, blockchain.settings]])
    expect(blockchain.settings).toMatchObject({ name: 'named', access: 'public' })
    expect(replica.access).toBe(NOBODY)
  })

  it('are written together with rows of the layers above', async () => {
    const rows = node.store.sublevel(['upper'], {})
    const { blockchain } = await node.chains.create({
      ...init,
      access: 'invite',
      batch: (id) => [{ type: 'put', sublevel: rows, key: 'chain', value: id.bytes, valueEncoding: 'view' }]
    })
    const block = await blockchain.append(async ({ seq }) => ({
      content: bytes(`seq ${seq}`),
      topics: ['walytis:internal'],
      batch: [{ type: 'put', sublevel: rows, key: 'seq', value: bytes(`${seq}`), valueEncoding: 'view' }]
    }))
    expect(text(await block.content())).toBe('seq 2')
    expect(await rows.get('seq')).toBe('2')
    expect(await rows.has('chain')).toBe(true)
  })

  it('are left as they were when what makes those rows fails', async () => {
    const { blockchain } = await createChain(node)
    const failing = blockchain.append(async () => ({
      content: bytes('half'),
      topics: [],
      batch: () => {
        throw new RangeError('careless')
      }
    }))
    await expect(failing).rejects.toThrow('careless')
    expect(await blockchain.count()).toBe(0)
    expect((await blockchain.add(bytes('whole'))).seq).toBe(2)
    expect(await blockchain.count()).toBe(1)
  })

  it('begin with a genesis that was made before, alike on every node, once', async () => {
    const policy = { name: DEFAULT_POLICY.name, parameters: DEFAULT_POLICY.parameters }
    const parts = { settings: { name: 'alike', access: 'public', policy }, nonce: new Uint8Array(32), time: 0 } as const
    const { id, genesis } = await prepareGenesis(parts, alice.signer)
    const made = (await node.chains.create({ ...init, access: 'invite', genesis })).blockchain
    expect([made.id, made.settings]).toEqual([id.toString(), parts.settings])
    expect((await made.add(bytes('x'))).seq).toBe(2)
    const again = node.chains.create({ ...init, access: 'public', genesis })
    await expect(again).rejects.toMatchObject({ name: 'InvalidArgumentError' })
    const other = await openLocalNode()
    const same = (await other.chains.create({ ...init, access: 'public', genesis })).blockchain
    expect(same.id).toBe(made.id)
    const changed = { ...genesis, content: genesis.content.map((byte, index) => (index === 20 ? byte ^ 1 : byte)) }
    for (const bad of [changed, { block: bytes('x'), content: bytes('y') }]) {
      await expect(other.chains.create({ ...init, access: 'public', genesis: bad })).rejects.toMatchObject({
        name: 'InvalidBlockError'
      })
    }
    await other.stop()
  })

  it('can be received, and are not held before they are committed', async () => {
    const original = await createChain(node)
    await original.blockchain.add(bytes('hello'))
    const other = await openLocalNode()
    const stage = await other.chains.stage(original.blockchain.id, { ...init, signer: bob.signer })
    await expect(stage.commit()).rejects.toMatchObject({ name: 'NotFoundError' })
    await expect(other.chains.stage(original.blockchain.id, init)).rejects.toMatchObject({
      name: 'InvalidArgumentError'
    })
    await copyBlocks(original, stage)
    expect(stage.settings).toEqual(original.blockchain.settings)
    expect(await other.chains.has(original.blockchain.id)).toBe(false)
    await expect(other.chains.open(original.blockchain.id, init)).rejects.toMatchObject({ name: 'NotFoundError' })
    const { blockchain } = await stage.commit()
    expect(await blockchain.count()).toBe(1)
    expect((await other.chains.open(original.blockchain.id, init)).blockchain).toBe(blockchain)
    await expect(stage.commit()).rejects.toMatchObject({ name: 'ClosedError' })
    await other.stop()
  })

  it('asked for twice at once are received once', async () => {
    const original = await createChain(node)
    const other = await openLocalNode()
    const asked = [1, 2].map(() => other.chains.stage(original.blockchain.id, { ...init, signer: bob.signer }))
    const outcomes = await Promise.allSettled(asked)
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
    expect(outcomes[1]).toMatchObject({ reason: { name: 'InvalidArgumentError' } })
    await other.stop()
  })

  it('R23 leave no trace when a received chain is discarded', async () => {
    const original = await createChain(node)
    const other = await openLocalNode()
    const before = await all(other.store.keys())
    const stage = await other.chains.stage(original.blockchain.id, { ...init, signer: bob.signer })
    await copyBlocks(original, stage)
    await stage.discard()
    expect(await all(other.store.keys())).toEqual(before)
    await expect(stage.replica.ingest([], bob.peerId)).resolves.toMatchObject({ accepted: [] })
    expect(await replicate(original, other, carol)).toBeDefined()
    await other.stop()
  })

  it('R23 leave no trace, and can be received again, when they can not be committed', async () => {
    const original = await createChain(node)
    const other = await openLocalNode()
    const before = await all(other.store.keys())
    const stage = await other.chains.stage(original.blockchain.id, { ...init, signer: bob.signer })
    await copyBlocks(original, stage)
    const broken = { type: 'put', key: null, value: bytes('') } as unknown as BatchOperation
    await expect(stage.commit([broken])).rejects.toMatchObject({ name: 'StoreFailedError' })
    await stage.discard()
    expect(await all(other.store.keys())).toEqual(before)
    expect(await replicate(original, other, carol)).toBeDefined()
    await other.stop()
  })

  it('survive listeners that throw', async () => {
    const { blockchain } = await createChain(node)
    const heard: string[] = []
    blockchain.addEventListener('block:added', () => {
      throw new RangeError('careless')
    })
    blockchain.addEventListener('block:added', async () => {
      throw new RangeError('careless too')
    })
    blockchain.addEventListener('block:added', ({ detail }) => heard.push(detail.block.id.toString()))
    const block = await blockchain.add(bytes('x'))
    expect(heard).toEqual([block.id.toString()])
    await blockchain.add(bytes('y'))
    expect(node.reported.map((error) => (error as Error).message).sort()).toEqual([
      'careless',
      'careless',
      'careless too',
      'careless too'
    ])
  })

  it('resume their consumers after a restart', async () => {
    const { blockchain } = await createChain(node)
    await blockchain.add(bytes('1'))
    const seen: string[] = []
    const handler = async ({ block }: { block: { content(): Promise<Uint8Array> } }) => {
      seen.push(text(await block.content()))
    }
    await (await blockchain.consume('reader', handler)).drained()
    await restart()
    const again = (await node.chains.open(blockchain.id, init)).blockchain
    await again.add(bytes('2'))
    await (await again.consume('reader', handler)).drained()
    expect(seen).toEqual(['1', '2'])
  })

  it('refuse topics of the protocol from add, and content over the limit from append', async () => {
    const { blockchain } = await createChain(node)
    const reserved = blockchain.add(bytes('x'), { topics: ['walytis:x'] })
    await expect(reserved).rejects.toMatchObject({ name: 'InvalidArgumentError' })
    const large = blockchain.append(async () => ({ content: new Uint8Array(256 * 1024 + 1), topics: [] }))
    await expect(large).rejects.toMatchObject({ name: 'LimitExceededError' })
    expect((await blockchain.add(bytes('fine'))).seq).toBe(2)
  })

  it('give append a position that nothing else takes', async () => {
    const { blockchain } = await createChain(node)
    const adding = [
      blockchain.add(bytes('1')),
      blockchain.append(async ({ seq, parents }) => {
        // what came before is on the disk
        const [parent] = parents
        expect(parent === undefined ? false : await blockchain.has(parent)).toBe(true)
        return { content: bytes(`at ${seq}`), topics: [] }
      }),
      blockchain.add(bytes('3'))
    ]
    const blocks = await Promise.all(adding)
    expect(blocks.map(({ seq }) => seq)).toEqual([2, 3, 4])
    expect(await Promise.all(blocks.map(async (block) => text(await block.content())))).toEqual(['1', 'at 3', '3'])
  })
})
