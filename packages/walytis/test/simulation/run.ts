import { areLevel, complaints, stateHash } from './oracle.ts'
import { type Faults, World } from './world.ts'

/** How a run of one seed ended. */
export interface Outcome {
  readonly seed: number
  /** In words; none when all is well. */
  readonly complaints: string[]
  readonly blocks: number
  readonly replayed: number
  /** Milliseconds of the simulated time between the end of the faults and equal heads. */
  readonly healing: number
  readonly stateHash: string
}

/** Let one seed's story happen, heal everything, and look whether all is well. */
export async function simulate(seed: number, faults: Faults): Promise<Outcome> {
  const world = await World.create(seed, faults)
  try {
    await world.live()
    const healed = world.network.timers.now()
    const isLevel = await world.heal(() => areLevel(world))
    const healing = world.network.timers.now() - healed
    const [first] = world.nodes
    const blocks = first === undefined ? 0 : await first.chain.blockchain.count()
    const wrong = isLevel ? await complaints(world) : ['the nodes never became level', ...(await complaints(world))]
    const { replayed } = world.recorder
    const hash = first === undefined ? '' : await stateHash(first)
    return { seed, complaints: wrong, blocks, replayed, healing, stateHash: hash }
  } finally {
    await world.stop()
  }
}
