import type { AbortOptions } from '@libp2p/interface'
import { CID } from 'multiformats/cid'
import type { BaseBlockchain, Block, BlockchainEvents, Consumer } from 'walytis/interface'
import type { Group, GroupEvents } from 'walytis-identities'
import type { Intake } from './intake/intake.ts'
import { isContentBlock } from './on-chain.ts'
import type { ContentStore } from './store/content-store.ts'

/** Name of this layer's own reader of the group's chain. */
const CONSUMER = 'walytis-offchain'

/** Blocks taken in at once while catching up, in one synced write. */
const READ_AHEAD = 256

export interface FollowingComponents {
  readonly group: Pick<Group, 'epochs' | 'addEventListener' | 'removeEventListener'>
  readonly base: BaseBlockchain
  readonly store: ContentStore
  readonly intake: Intake
  report(error: unknown): void
}

/**
 * Feeds intake with what the group's chain and its epochs bring. Two ways lead there: the chain's events, which are quick and know the sender,
 * and a durable consumer of its change log, which misses nothing when this node was down or has crashed.
 */
export class Following {
  readonly #components: FollowingComponents
  readonly #consumer: Consumer

  private constructor(components: FollowingComponents, consumer: Consumer) {
    this.#components = components
    this.#consumer = consumer
  }

  static async start(components: FollowingComponents, options?: AbortOptions): Promise<Following> {
    const { base, group } = components
    const handlers = handlersOf(components)
    base.addEventListener('block:added', handlers.added)
    base.addEventListener('block:revoked', handlers.turned)
    base.addEventListener('block:reinstated', handlers.turned)
    group.addEventListener('epoch:available', handlers.unlocked)
    const consumer = await base.consume(CONSUMER, async ({ block }) => await catchUp(components, block), options)
    const following = new Following(components, consumer)
    following.#stop = () => {
      base.removeEventListener('block:added', handlers.added)
      base.removeEventListener('block:revoked', handlers.turned)
      base.removeEventListener('block:reinstated', handlers.turned)
      group.removeEventListener('epoch:available', handlers.unlocked)
    }
    return following
  }

  #stop: () => void = () => undefined

  /** Read what waited for seeds that have come while nobody was listening. */
  async unlockAll(): Promise<void> {
    const { store, group, intake } = this.#components
    for (const epoch of await store.lockedEpochs()) {
      const id = CID.parse(epoch)
      if (group.epochs.held(id) !== undefined) await intake.unlock(id)
    }
  }

  /** Resolves once all that the chain knew when it was called was taken in. */
  async settled(options?: AbortOptions): Promise<void> {
    await this.#consumer.drained(options)
  }

  async stop(): Promise<void> {
    this.#stop()
    await this.#consumer.close()
  }
}

interface Handlers {
  added(event: BlockchainEvents['block:added']): void
  turned(event: BlockchainEvents['block:revoked']): void
  unlocked(event: GroupEvents['epoch:available']): void
}

function handlersOf({ intake, report }: FollowingComponents): Handlers {
  return {
    added: ({ detail: { block, peer } }) => {
      // What this node wrote has been taken in with the block itself.
      if (peer !== undefined) intake.observe(block.id, block.revoked, peer).catch(report)
    },
    turned: ({ detail: { block } }) => void intake.observe(block.id, block.revoked).catch(report),
    unlocked: ({ detail: { epoch } }) => void intake.unlock(epoch).catch(report)
  }
}

/** Take in a block of the change log; when it is new here, the following ones with it. */
async function catchUp({ base, store, intake, report }: FollowingComponents, block: Block): Promise<void> {
  const row = await store.row(block.id)
  if (row?.revoked === block.revoked) return
  const observed = intake.observe(block.id, block.revoked)
  if (row === undefined && !block.revoked && isContentBlock(block)) {
    for await (const next of base.blocks({ order: 'arrival', after: block.id, limit: READ_AHEAD })) {
      intake.observe(next.id, next.revoked).catch(report)
    }
  }
  await observed
}
