import type { AbortOptions, Libp2p } from '@libp2p/interface'
import type { Helia } from 'helia'
import type { ChainFactory } from './chain-factory.ts'
import type { NodeNetwork } from './chain-network.ts'
import { ClosedError } from './errors.ts'
import { inTurn } from './in-turn.ts'
import type { Signer, Store } from './interface/index.ts'
import type { AccessKeys } from './membership/access.ts'
import type { Doorman } from './membership/doorman.ts'
import type { InvitationStore } from './membership/invitation-store.ts'
import type { JoinRecords } from './membership/join-records.ts'

/** What exists while the node runs. */
export interface Running {
  readonly store: Store
  readonly helia: Helia & { libp2p: Libp2p }
  readonly network: NodeNetwork
  readonly factory: ChainFactory
  readonly doorman: Doorman
  readonly accessKeys: AccessKeys
  readonly invitations: InvitationStore
  readonly joins: JoinRecords
  readonly signer: Signer
  /** Aborted when the node stops, and with it what is under way. */
  readonly stopping: AbortController
  /** Chains that are being received: they end before the store is closed under them. */
  readonly receiving: Set<Promise<unknown>>
}

/** Forget what is known about a chain beside its rows. */
export async function forget(
  id: string,
  { network, accessKeys, invitations, joins }: Pick<Running, 'network' | 'accessKeys' | 'invitations' | 'joins'>
): Promise<void> {
  await Promise.all([accessKeys.forget(id), invitations.forget(id), network.book.forget(id), joins.forget(id)])
}

export async function shutDown(running: Running, closesStore: boolean): Promise<void> {
  const { network, doorman, factory, helia, store, stopping, receiving } = running
  stopping.abort(new ClosedError('node'))
  const failures = await inTurn([
    () => doorman.stop(),
    () => network.stop(),
    () => Promise.allSettled(receiving),
    () => factory.stop(),
    () => helia.stop(),
    async () => (closesStore ? store.close() : undefined)
  ])
  if (failures.length > 0) throw failures[0]
}

/** Ends with the caller's patience, or with the node. */
export function withStop({ signal }: AbortOptions, stopping: AbortController): AbortSignal {
  return signal ? AbortSignal.any([signal, stopping.signal]) : stopping.signal
}
