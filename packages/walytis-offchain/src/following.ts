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

  readonly #failures: Failures
  readonly #handlers: Handlers

  private constructor(components: FollowingComponents, consumer: Consumer, failures: Failures) {
    this.#components = components
    this.#consumer = consumer
    this.#failures = failures
    this.#handlers = handlersOf(components)
    const { base, group } = components
    base.addEventListener('block:added', this.#handlers.added)
    base.addEventListener('block:revoked', this.#handlers.turned)
    base.addEventListener('block:reinstated', this.#handlers.turned)
    group.addEventListener('epoch:available', this.#handlers.unlocked)
  }

  /** @throws {InvalidArgumentError} when somebody follows the chain already */
  static async start(components: FollowingComponents): Promise<Following> {
    const { base } = components
    const failures = new Failures(components.report)
    const consumer = await base.consume(CONSUMER, async ({ block }) => {
      await failures.watch(() => catchUp(components, block))
    })
    return new Following(components, consumer, failures)
  }

  /** Read what waited for seeds that have come while nobody was listening. */
  async unlockAll(): Promise<void> {
    const { store, group, intake } = this.#components
    for (const epoch of await store.lockedEpochs()) {
      const id = CID.parse(epoch)
      if (group.epochs.held(id) !== undefined) await intake.unlock(id)
    }
  }

  /**
   * Resolves once all that the chain knew when it was called was taken in. Rejects when that fails, with what failed: it is tried
   * again and again, but nobody is to wait for a disk that stays full.
   */
  async settled(options?: AbortOptions): Promise<void> {
    await this.#failures.orFail(this.#consumer.drained(options))
  }

  async stop(): Promise<void> {
    const { base, group } = this.#components
    base.removeEventListener('block:added', this.#handlers.added)
    base.removeEventListener('block:revoked', this.#handlers.turned)
    base.removeEventListener('block:reinstated', this.#handlers.turned)
    group.removeEventListener('epoch:available', this.#handlers.unlocked)
    await this.#consumer.close()
  }
}

/** Tells those who wait for a task, and whoever is to be told, that it has failed. */
class Failures {
  readonly #report: (error: unknown) => void
  readonly #waiting = new Set<(error: unknown) => void>()

  constructor(report: (error: unknown) => void) {
    this.#report = report
  }

  async watch(task: () => Promise<void>): Promise<void> {
    try {
      await task()
    } catch (error) {
      this.#report(error)
      for (const fail of this.#waiting) fail(error)
      throw error
    }
  }

  /** What `work` gives, or the next failure. */
  async orFail(work: Promise<void>): Promise<void> {
    const { promise, reject } = Promise.withResolvers<never>()
    this.#waiting.add(reject)
    try {
      await Promise.race([work, promise])
    } finally {
      this.#waiting.delete(reject)
    }
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
