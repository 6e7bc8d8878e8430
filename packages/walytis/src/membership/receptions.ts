import { InvitationError } from '../errors.ts'
import type { BatchOperation } from '../interface/index.ts'
import type { ManagedChain } from '../replica.ts'
import type { ChainEntry } from '../sync/chain-entry.ts'
import type { SyncNetwork } from '../sync/network.ts'
import type { Timers } from '../timers.ts'
import { Receiver } from './receiver.ts'
import type { Sources } from './sources.ts'

export interface ReceptionsInit {
  readonly streams: SyncNetwork
  readonly timers: Timers
  /** Dial the peers of a chain. */
  dialPeers(chain: string): Promise<void>
  /** Rows to be written when all of a chain has come. */
  completion(chain: string): BatchOperation[]
  /** Forget a chain that turned out forged. */
  discard(chain: string): Promise<void>
  inBackground(work: Promise<void>): Promise<void>
}

/** The chains of a node that are being received, seen by somebody already or not. */
export class Receptions {
  private readonly init: ReceptionsInit
  private readonly receivers = new Map<string, Receiver>()
  /** What is done about those that have come whole. */
  private readonly ending = new Map<string, Promise<void>>()

  constructor(init: ReceptionsInit) {
    this.init = init
  }

  get ids(): Iterable<string> {
    return this.receivers.keys()
  }

  /** Undefined when the chain is complete, or not here. */
  get(id: string): Receiver | undefined {
    return this.receivers.get(id)
  }

  begin(entry: ChainEntry, sources: Sources, policy: string, hasBegun: () => boolean): Receiver {
    const { streams, timers, dialPeers, inBackground } = this.init
    const { id } = entry.chain
    const receiver = new Receiver({
      entry,
      sources,
      policy,
      hasBegun,
      timers,
      reconsider: () => streams.reconsider(id),
      dial: () => void inBackground(dialPeers(id)),
      shun: (peer) => streams.shun(peer)
    })
    this.receivers.set(id, receiver)
    return receiver
  }

  /**
   * See a chain that is in use already to its end.
   *
   * @param sources of a chain that was opened again, where nothing is under way
   */
  follow(chain: ManagedChain, entry: ChainEntry, sources: Sources | undefined): void {
    const { id, settings } = chain.blockchain
    if (!chain.isPartial()) return
    const begun = this.receivers.get(id)
    const receiver = begun ?? (sources && this.begin(entry, sources, settings.policy.name, () => true))
    if (receiver === undefined) return
    const end = receiver.completion.then(
      () => this.complete(chain, receiver),
      (error: Error) => this.giveUp(chain, error)
    )
    this.ending.set(
      id,
      this.init.inBackground(end).finally(() => this.ending.delete(id))
    )
  }

  /** Resolves once what has come whole is known to be, on the disk too. */
  async settled(id: string): Promise<void> {
    if (this.receivers.get(id)?.isComplete) await this.ending.get(id)
  }

  /** No longer of interest: complete, closed or given up. */
  end(id: string): void {
    this.receivers.get(id)?.stop()
    this.receivers.delete(id)
  }

  stop(): void {
    for (const id of [...this.receivers.keys()]) this.end(id)
  }

  private async complete(chain: ManagedChain, { sources }: Receiver): Promise<void> {
    const { streams, completion, dialPeers } = this.init
    const { id } = chain.blockchain
    await chain.complete(completion(id))
    this.end(id)
    sources.lift()
    streams.reconsider(id)
    // those who receive it themselves must hear that there is somebody who has all of it
    streams.entry(id)?.resync()
    await dialPeers(id)
  }

  /** Who vouched for the chain has sent what is not the chain: nothing of it is kept, and nothing of this node's own was in it. */
  private async giveUp(chain: ManagedChain, cause: Error): Promise<void> {
    chain.notify({ type: 'join:failed', error: new InvitationError('forged', { cause }) })
    await this.init.discard(chain.blockchain.id)
  }
}
