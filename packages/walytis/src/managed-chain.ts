import { PlainBlockchain } from './blockchain.ts'
import type { Chain } from './chain/chain.ts'
import { exchangedFiles } from './chain/exchanged-files.ts'
import { findPublished } from './chain/published.ts'
import { createReplica } from './chain/replica.ts'
import type { AccessControl, BatchOperation, ChainSettings } from './interface/index.ts'
import type { ChainNetwork, ManagedChain, Replica } from './replica.ts'

export interface ManageInit {
  readonly chain: Chain
  readonly settings: ChainSettings
  readonly network: ChainNetwork
  readonly access: AccessControl
  /** The replica of a chain that was received, in use already. */
  readonly replica?: Replica | undefined
  /** Make durable that all of the chain has come, in one batch with the given rows. */
  completed(batch: BatchOperation[]): Promise<void>
  /** The chain is stopped. */
  stopped(): void
}

/** Put a facade and a replica on a chain. */
export function manage(init: ManageInit): ManagedChain {
  const { chain, settings, network } = init
  // first, so that peers are not kept waiting by what applications do in their listeners
  const replica = init.replica ?? createReplica(chain, init.access)
  let stopping: Promise<void> | undefined
  const stop = (): Promise<void> => {
    stopping ??= shut().finally(init.stopped)
    return stopping
  }
  const shut = async (): Promise<void> => {
    await blockchain.shut()
    await chain.close()
    await chain.files.close()
  }
  const blockchain = new PlainBlockchain({ chain, settings, network, stop })
  return {
    blockchain,
    replica,
    files: exchangedFiles(chain),
    published: (cid) => findPublished(chain, cid),
    isPartial: () => chain.isPartial,
    complete: async (batch) => {
      await init.completed(batch)
      chain.isPartial = false
    },
    notify: (event) => {
      if (event.type === 'sync:level') blockchain.safeDispatchEvent(event.type, { detail: event.result })
      else if (event.type === 'join:failed')
        blockchain.safeDispatchEvent(event.type, { detail: { error: event.error } })
      else blockchain.safeDispatchEvent(event.type, { detail: { peer: event.peer } })
    },
    stop
  }
}
