import type { AbortOptions } from '@libp2p/interface'
import { CID } from 'multiformats/cid'
import { InvalidArgumentError, LogConsumer } from 'walytis'
import type { BlockId, Change, ConsumeOptions, Consumer } from 'walytis/interface'
import { consumedLog, type NumberedEntry } from './consumed-log.ts'
import { ContentRefusedError } from './errors.ts'
import type { PrivateBlock } from './interface.ts'
import type { LogEntry } from './store/block-row.ts'
import type { ContentStore } from './store/content-store.ts'

export interface ConsumersComponents {
  readonly store: ContentStore
  /** Resolves once all that the chain knew when it was called stands in the log. */
  settled(options?: AbortOptions): Promise<void>
  get(id: BlockId): Promise<PrivateBlock>
  report(error: unknown): void
}

/** The durable readers of a private chain's log. */
export class Consumers {
  readonly #components: ConsumersComponents
  readonly #running = new Map<string, Promise<Consumer>>()
  readonly #watchers = new Set<() => void>()

  constructor(components: ConsumersComponents) {
    this.#components = components
  }

  /** @throws {InvalidArgumentError} when one of this name is running */
  async start(
    name: string,
    handler: (change: Change<PrivateBlock>) => Promise<void>,
    options: ConsumeOptions
  ): Promise<Consumer> {
    if (this.#running.has(name)) throw new InvalidArgumentError('name', `the consumer "${name}" is running already`)
    const { store, settled, report } = this.#components
    const watch = (grown: () => void): (() => void) => {
      this.#watchers.add(grown)
      return () => this.#watchers.delete(grown)
    }
    const init = {
      name,
      from: options.from ?? 'beginning',
      log: consumedLog({ store, settled, watch }, name),
      closed: () => void this.#running.delete(name),
      report,
      handle: async (entry: NumberedEntry) => await this.#handOver(entry, handler)
    }
    const starting = LogConsumer.start(init, options)
    this.#running.set(name, starting)
    try {
      return await starting
    } catch (error) {
      this.#running.delete(name)
      throw error
    }
  }

  /** The log has grown. */
  wake(): void {
    for (const grown of this.#watchers) grown()
  }

  async close(): Promise<void> {
    const consumers = await Promise.allSettled(this.#running.values())
    for (const consumer of consumers) if (consumer.status === 'fulfilled') await consumer.value.close()
  }

  async #handOver(entry: LogEntry, handler: (change: Change<PrivateBlock>) => Promise<void>): Promise<void> {
    const id = CID.parse(entry.id)
    // It was handed over when it came, and can't be read any more: no change that could be handled.
    if (entry.kind === 'refuse') return
    const kind = entry.kind === 'content' ? 'block' : entry.kind
    try {
      await handler({ kind, block: await this.#components.get(id) })
    } catch (error) {
      // Shown without its content, and refused when that came: it is out of the chain, and no change of it.
      if (!(error instanceof ContentRefusedError && error.block.equals(id))) throw error
    }
  }
}
