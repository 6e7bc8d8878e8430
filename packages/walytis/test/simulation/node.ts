import type { PeerId } from '@libp2p/interface'
import { type ChainFactory, createChainFactory } from '../../src/chain-factory.ts'
import type { BlockId, Consumer } from '../../src/interface/index.ts'
import { createStaticAccess } from '../../src/membership/access.ts'
import type { ManagedChain } from '../../src/replica.ts'
import { SyncNetwork } from '../../src/sync/network.ts'
import type { Actor } from '../../src/testing/actors.ts'
import type { MemoryNetwork } from '../../src/testing/memory-network.ts'
import type { Timers } from '../../src/timers.ts'
import { copyBlocks, OFFLINE } from '../support/local-chains.ts'
import { SimulatedDisk, SimulatedStore } from './disk.ts'

/** What all members share: the key that lets them take part. */
const ACCESS_KEY: Uint8Array = new Uint8Array(32).fill(7)
const access = createStaticAccess(ACCESS_KEY)

/** A block of which `add` has said that it is written. */
export interface Written {
  readonly id: BlockId
  readonly seq: number
  readonly text: string
}

export interface SimulatedNodeInit {
  readonly network: MemoryNetwork
  readonly actor: Actor
  /** Where it is reached; two nodes with one actor's key have two. */
  readonly peer: PeerId
}

/** The parts of a running process; all of it is gone when the process is killed. */
interface Process {
  readonly store: SimulatedStore
  readonly factory: ChainFactory
  readonly chain: ManagedChain
  readonly sync: SyncNetwork
  readonly consumer: Consumer
  readonly timers: { isDead: boolean }
}

/** A machine with a disk, a wall clock that may be wrong, and a process that is started, killed and started again. */
export class SimulatedNode {
  readonly peer: PeerId
  readonly actor: Actor
  /** By how many milliseconds this machine's wall clock is wrong. */
  clockError = 0
  readonly written: Written[] = []
  /** Ids of blocks that the application's consumer was handed, over all its lives. */
  readonly consumed = new Set<string>()
  /** What writing failed with. */
  readonly failures: Error[] = []
  private readonly network: MemoryNetwork
  private readonly disk = new SimulatedDisk()
  private process: Process | undefined
  private killed = Promise.withResolvers<void>()
  private store: SimulatedStore | undefined
  private timers = { isDead: false }

  constructor({ network, actor, peer }: SimulatedNodeInit) {
    this.network = network
    this.actor = actor
    this.peer = peer
  }

  get isRunning(): boolean {
    return this.process !== undefined
  }

  get chain(): ManagedChain {
    if (this.process === undefined) throw new RangeError(`${this.actor.name} is not running`)
    return this.process.chain
  }

  /**
   * Start, and found the chain, receive it from another node, or open what the disk holds.
   *
   * @param dieAt the operation of the store at which it is killed again; then it resolves early
   */
  async start(source: 'found' | SimulatedNode | string, dieAt = Number.POSITIVE_INFINITY): Promise<void> {
    this.killed = Promise.withResolvers()
    this.timers = { isDead: false }
    this.store = new SimulatedStore(this.disk)
    this.dieAt(dieAt, 'after')
    await Promise.race([this.launch(this.store, this.timers, source), this.killed.promise])
  }

  /** Die at the n-th operation of the store from now; infinity: not at all. */
  dieAt(operation: number, when: 'before' | 'after'): void {
    this.store?.dieAt(operation, when, () => this.kill())
  }

  /** SIGKILL: whatever was under way ends in the middle. */
  kill(): void {
    this.timers.isDead = true
    this.store?.kill()
    this.process = undefined
    this.network.detach(this.peer)
    this.killed.resolve()
  }

  async losePower(): Promise<void> {
    this.kill()
    await this.disk.losePower(() => this.network.chance())
  }

  /** Begin to write. What has been written is noted when that is so, unless a loss of power may still take it. */
  write(text: string, durability: 'disk' | 'process' = 'disk'): void {
    const { process } = this
    if (process === undefined) return
    const adding = process.chain.blockchain.add(new TextEncoder().encode(text), { topics: ['t'], durability })
    void adding.then(
      ({ id, seq }) => {
        if (durability === 'disk') this.written.push({ id, seq, text })
      },
      (error) => this.failures.push(error)
    )
  }

  /** Until all that is known here was handed to the application. */
  async consume(): Promise<void> {
    await this.process?.consumer.drained()
  }

  /** Stop in good order. */
  async stop(): Promise<void> {
    const { process } = this
    this.process = undefined
    await process?.sync.stop()
    await process?.factory.stop()
  }

  private async launch(
    store: SimulatedStore,
    life: { isDead: boolean },
    source: 'found' | SimulatedNode | string
  ): Promise<void> {
    const { network } = this
    const factory = await createChainFactory({
      store,
      network: OFFLINE,
      now: () => Math.max(0, network.timers.now() + this.clockError),
      randomBytes: (length) => network.bytes(length)
    })
    const chain = await this.obtain(factory, source)
    const sync = new SyncNetwork({
      host: network.host(this.peer),
      timers: mortal(network.timers, life),
      random: () => network.chance(),
      randomBytes: (length) => network.bytes(length),
      joined: () => {},
      records: () => {}
    })
    const consumer = await chain.blockchain.consume('application', async ({ block }) => {
      this.consumed.add(block.id.toString())
    })
    await sync.start()
    if (life.isDead) return
    sync.add({ id: chain.blockchain.id, replica: chain.replica, access })
    this.process = { store, factory, chain, sync, consumer, timers: life }
  }

  private async obtain(factory: ChainFactory, source: 'found' | SimulatedNode | string): Promise<ManagedChain> {
    const { signer } = this.actor
    if (source === 'found') return await factory.create({ signer, accessControl: access, access: 'invite' })
    if (typeof source === 'string') return await factory.open(source, { signer, accessControl: access })
    const stage = await factory.stage(source.chain.blockchain.id, { signer, accessControl: access })
    await copyBlocks(source.chain, stage)
    return await stage.commit()
  }
}

/** Timers that ring for nobody once their process is dead. */
function mortal(timers: Timers, life: { isDead: boolean }): Timers {
  return {
    now: () => timers.now(),
    after: (milliseconds, callback) =>
      timers.after(milliseconds, () => {
        if (!life.isDead) callback()
      })
  }
}
