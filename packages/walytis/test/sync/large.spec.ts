import type { PeerId } from '@libp2p/interface'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RawBlock, SignedBlock } from '../../src/interface/index.ts'
import { createStaticAccess } from '../../src/membership/access.ts'
import type { ManagedChain } from '../../src/replica.ts'
import { SyncNetwork } from '../../src/sync/network.ts'
import { type Actor, alice, bob, createActor } from '../../src/testing/actors.ts'
import { countReads } from '../../src/testing/count-reads.ts'
import { forgeBlock } from '../../src/testing/forge.ts'
import { MemoryNetwork } from '../../src/testing/memory-network.ts'
import { platformTimers } from '../../src/timers.ts'
import {
  all,
  bytes,
  createChain,
  type LocalNode,
  NOBODY,
  openLocalNode,
  replicate,
  temporaryFolder
} from '../support/local-chains.ts'

/** `WALYTIS_LENGTH=100000` for the length that the bounds are meant for; they hold for any shorter one. */
const LENGTH = Number(process.env['WALYTIS_LENGTH'] ?? 3000)
const SEED = Number(process.env['WALYTIS_SEED'] ?? 1)
const DIFFERENCE = 5
const KEY = new Uint8Array(32).fill(9)

describe(`a chain of ${LENGTH} blocks (seed ${SEED})`, () => {
  const network = new MemoryNetwork(SEED)
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let nodes: LocalNode[]
  let ours: ManagedChain
  let theirs: ManagedChain

  beforeAll(async () => {
    folder = await temporaryFolder()
    nodes = [await openLocalNode(`${folder.path}/a`), await openLocalNode(`${folder.path}/b`)]
    const [a, b] = nodes as [LocalNode, LocalNode]
    ours = await createChain(a, alice)
    for (let made = 0; made < LENGTH; made += 64) {
      const group = Array.from({ length: Math.min(64, LENGTH - made) }, (_, i) => bytes(`${made + i}`))
      await Promise.all(group.map((content) => ours.blockchain.add(content)))
    }
    theirs = await replicate(ours, b, bob)
  }, 1_800_000)

  afterAll(async () => {
    for (const node of nodes) await node.stop()
    await folder[Symbol.asyncDispose]()
  })

  /** Blocks of strangers, each on a block somewhere in the past. */
  async function fork(chain: ManagedChain, name: string): Promise<void> {
    const records = new Map((await pick(chain)).map((block) => [block.id.toString(), block]))
    const genesis = (await chain.blockchain.record(chain.replica.chain))?.block as SignedBlock
    let index = 0
    for (const parent of records.values()) {
      const { signer } = createActor(`${name}${index++}`)
      const { signed, content } = await forgeBlock({ signer, genesis, parents: [parent], content: bytes(name) })
      const raw: RawBlock = { block: signed.bytes, content }
      const { accepted } = await chain.replica.ingest([raw], createActor('courier').peerId)
      expect(accepted.length).toBe(1)
    }
  }

  async function pick(chain: ManagedChain): Promise<SignedBlock[]> {
    const places = await all(chain.replica.ids())
    const picked: SignedBlock[] = []
    while (picked.length < DIFFERENCE) {
      const place = network.pick(places)
      const record = place && (await chain.blockchain.record(place.id))
      if (record !== undefined && record.block.chain !== null) picked.push(record.block)
    }
    return picked
  }

  async function start(chain: ManagedChain, actor: Actor): Promise<SyncNetwork> {
    const sync = new SyncNetwork({
      host: network.host(actor.peerId),
      // the store takes its time, and deadlines must not run ahead of it
      timers: platformTimers(),
      random: () => network.chance(),
      randomBytes: (length) => network.bytes(length),
      joined: () => {},
      records: () => {}
    })
    await sync.start()
    sync.add({ id: chain.blockchain.id, replica: chain.replica, access: createStaticAccess(KEY) })
    return sync
  }

  it('is level with its copy in less than 64 KiB when each has 5 more on random old blocks', {
    timeout: 1_800_000
  }, async () => {
    await fork(ours, 'left')
    await fork(theirs, 'right')
    let sent = 0
    network.tap = (_from: PeerId, _to: PeerId, _stream, message) => {
      sent += message.byteLength + 3
    }
    const syncs = [await start(ours, alice), await start(theirs, bob)]
    network.connect(alice.peerId, bob.peerId)
    const isLevel = async (): Promise<boolean> =>
      (await ours.replica.heads()).join() === (await theirs.replica.heads()).join()
    expect(await network.run(isLevel, 10_000_000)).toBe(true)
    expect(await theirs.replica.count()).toBe(LENGTH + 1 + 2 * DIFFERENCE)
    process.stdout.write(`${sent} bytes on the wire for ${2 * DIFFERENCE} differences among ${LENGTH} blocks\n`)
    expect(sent).toBeLessThan(64 * 1024)
    for (const sync of syncs) await sync.stop()
  })

  it('opens by reading its heads and counters, and not its blocks', async () => {
    const [node] = nodes as [LocalNode]
    await ours.stop()
    const reads = countReads(node.store)
    const opened = await node.chains.open(ours.blockchain.id, { signer: alice.signer, accessControl: NOBODY })
    expect(await opened.blockchain.count()).toBe(LENGTH + 2 * DIFFERENCE)
    const { rows, lookups, contents } = reads()
    const heads = 1 + 2 * DIFFERENCE
    process.stdout.write(`opening read ${rows} rows and looked up ${lookups}\n`)
    expect(rows).toBeLessThanOrEqual(heads + 2)
    expect(lookups).toBeLessThanOrEqual(10)
    // the genesis alone, which says what the chain is
    expect(contents).toBeLessThanOrEqual(2)
  })
})
