import type { PeerId } from '@libp2p/interface'
import { createActor } from '../../src/testing/actors.ts'
import { MemoryNetwork, seededRandom } from '../../src/testing/memory-network.ts'
import { SimulatedNode } from './node.ts'
import { Recorder } from './recorder.ts'

/** Which faults a run may have. */
export interface Faults {
  /** Two and three ways, healed and cut again. */
  readonly partitions: boolean
  /** Messages are late by up to a minute; streams break, or fall silent. */
  readonly weather: boolean
  /** Messages are left out, doubled and swapped within their streams. */
  readonly tampering: boolean
  /** Processes are killed at any operation of their store, and machines lose their power. */
  readonly kills: boolean
  /** Wall clocks are wrong by up to ten years, differ, and jump. */
  readonly clocks: boolean
  /** A member has one key on two machines, which write at the same time. */
  readonly forks: boolean
  /** Whole sessions are recorded and played again, by whoever sent them and by a stranger. */
  readonly replays: boolean
}

export const NO_FAULTS: Faults = {
  partitions: false,
  weather: false,
  tampering: false,
  kills: false,
  clocks: false,
  forks: false,
  replays: false
}

/** A mix of faults that a seed chooses. */
export function drawFaults(seed: number): Faults {
  const random = seededRandom(seed ^ 0x5eed)
  const maybe = (likelihood: number): boolean => random() < likelihood
  return {
    partitions: maybe(0.6),
    weather: maybe(0.5),
    tampering: maybe(0.2),
    kills: maybe(0.6),
    clocks: maybe(0.5),
    forks: maybe(0.3),
    replays: maybe(0.3)
  }
}

const TEN_YEARS = 10 * 365 * 86_400_000
const STEPS = 30

/** Some nodes in a network where chance decides what happens next; the same seed, the same story. */
export class World {
  readonly network: MemoryNetwork
  readonly nodes: SimulatedNode[] = []
  readonly recorder: Recorder
  private readonly faults: Faults
  private groups: PeerId[][] = []
  private texts = 0
  private chainId = ''

  private constructor(seed: number, faults: Faults) {
    this.network = new MemoryNetwork(seed)
    this.faults = faults
    this.recorder = new Recorder(this.network)
    // what a node's dialer does
    this.network.lost = () => void this.network.timers.after(this.network.chance() * 5_000, () => this.connect())
  }

  /** Alice founds a chain, and some others have it. */
  static async create(seed: number, faults: Faults): Promise<World> {
    const world = new World(seed, faults)
    const names = ['alice', 'bob', 'carol', 'dave'].slice(0, 3 + Math.floor(world.network.chance() * 2))
    for (const name of names) await world.settle(name, name)
    if (faults.forks) {
      await world.settle('mallory', 'mallory')
      await world.settle('mallory', 'her second machine')
    }
    world.part([world.peers])
    return world
  }

  /** Live through a number of things that happen. */
  async live(): Promise<void> {
    for (let i = 0; i < STEPS; i++) {
      await this.happen()
      await this.pass(Math.floor(this.network.chance() * 60))
    }
  }

  /** Everything is as it should be again: then wait until it shows. */
  async heal(isWell: () => Promise<boolean>): Promise<boolean> {
    this.network.weather = { delay: 0, loss: 0, tampering: 0 }
    for (const node of this.nodes) {
      node.dieAt(Number.POSITIVE_INFINITY, 'after')
      if (!node.isRunning) await this.restart(node)
    }
    this.part([this.peers])
    return await this.network.run(isWell, 60_000)
  }

  async stop(): Promise<void> {
    for (const node of this.nodes) await node.stop()
  }

  private get peers(): PeerId[] {
    return this.nodes.map(({ peer }) => peer)
  }

  private async settle(actor: string, machine: string): Promise<void> {
    const node = new SimulatedNode({
      network: this.network,
      actor: createActor(actor),
      peer: createActor(machine).peerId
    })
    const [founder] = this.nodes
    if (this.faults.clocks) node.clockError = this.wrongClock()
    await node.start(founder ?? 'found')
    this.chainId = node.chain.blockchain.id
    this.nodes.push(node)
  }

  private async happen(): Promise<void> {
    const { faults, network } = this
    const node = network.pick(this.nodes)
    if (node === undefined) return
    const chance = network.chance()
    if (chance < 0.45) this.write(node)
    else if (chance < 0.55 && faults.partitions) this.part(this.drawGroups())
    else if (chance < 0.65 && faults.kills) await this.kill(node)
    else if (chance < 0.72 && faults.kills) await this.restartOne()
    else if (chance < 0.8 && (faults.weather || faults.tampering)) this.changeWeather()
    else if (chance < 0.86 && faults.clocks) node.clockError = this.wrongClock()
    else if (chance < 0.93 && faults.replays) this.recorder.replay(this.peers)
    else this.breakOne()
  }

  private write(node: SimulatedNode): void {
    for (let i = 1 + Math.floor(this.network.chance() * 3); i > 0; i--) {
      node.write(`${node.actor.name} ${this.texts++}`, this.network.chance() < 0.2 ? 'process' : 'disk')
    }
  }

  private async kill(node: SimulatedNode): Promise<void> {
    if (!node.isRunning) return
    if (this.network.chance() < 0.3) return await node.losePower()
    node.dieAt(Math.floor(this.network.chance() * 40), this.network.chance() < 0.5 ? 'before' : 'after')
    // so that it has something to die in the middle of
    this.write(node)
  }

  private async restartOne(): Promise<void> {
    const node = this.network.pick(this.nodes.filter(({ isRunning }) => !isRunning))
    const dieAt = this.network.chance() < 0.3 ? Math.floor(this.network.chance() * 15) : undefined
    if (node !== undefined) await this.restart(node, dieAt)
  }

  private async restart(node: SimulatedNode, dieAt?: number): Promise<void> {
    await node.start(this.chainId, dieAt)
    this.connect()
  }

  private changeWeather(): void {
    const upTo = (most: number): number => (this.network.chance() < 0.5 ? 0 : this.network.chance() * most)
    const { weather, tampering } = this.faults
    this.network.weather = {
      delay: weather ? upTo(60_000) : 0,
      loss: weather ? upTo(0.3) : 0,
      tampering: tampering ? upTo(0.2) : 0
    }
  }

  private wrongClock(): number {
    const chance = this.network.chance()
    if (chance < 0.25) return -TEN_YEARS
    if (chance < 0.5) return TEN_YEARS
    return (this.network.chance() - 0.5) * TEN_YEARS
  }

  private drawGroups(): PeerId[][] {
    const count = 1 + Math.floor(this.network.chance() * 3)
    const groups: PeerId[][] = Array.from({ length: count }, () => [])
    for (const peer of this.peers) this.network.pick(groups)?.push(peer)
    return groups
  }

  private part(groups: PeerId[][]): void {
    this.groups = groups
    this.connect()
  }

  /** Connect who is running and not connected, within its group. */
  private connect(): void {
    const running = new Set(this.nodes.filter(({ isRunning }) => isRunning).map(({ peer }) => peer))
    this.network.partition(this.groups.map((group) => group.filter((peer) => running.has(peer))))
  }

  private breakOne(): void {
    const [a, b] = [this.network.pick(this.peers), this.network.pick(this.peers)]
    if (a === undefined || b === undefined || a.equals(b)) return
    this.network.disconnect(a, b)
    if (this.network.chance() < 0.7) this.connect()
  }

  /** Let messages be delivered, stores work, and some time pass. */
  private async pass(messages: number): Promise<void> {
    for (let i = 0; i < messages; i++) {
      if (!this.network.deliver()) this.network.skip(1_000 + this.network.chance() * 20_000)
      for (let turns = Math.floor(this.network.chance() * 4); turns > 0; turns--) {
        await new Promise((resolve) => setImmediate(resolve))
      }
    }
  }
}
