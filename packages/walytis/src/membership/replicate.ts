import { CustomProgressEvent } from 'progress-events'
import type { ChainFactory, ChainInit, StagedChain } from '../chain-factory.ts'
import { InvalidBlockError, PolicyMismatchError } from '../errors.ts'
import type { AccessControl, BatchOperation, JoinOptions } from '../interface/index.ts'
import type { ManagedChain } from '../replica.ts'
import type { Receiver } from './receiver.ts'
import { Sources } from './sources.ts'

export interface ReplicateInit {
  readonly factory: ChainFactory
  readonly id: string
  readonly seams: ChainInit & { readonly accessControl: AccessControl }
  /** Ids of the peers that were named for the chain. */
  readonly named: readonly string[]
  /** Rows written with the mark that the chain is being received. */
  readonly batch: BatchOperation[]
  /** Rows written in the same atomic batch that makes the chain a held one. */
  readonly completion: BatchOperation[]
  /** Milliseconds that never go back. */
  now(): number
  /** Let it take part on the network. */
  stage(stage: StagedChain, sources: Sources): Promise<Receiver>
  /** It takes part no longer, unless it is kept. */
  unstage(keep: boolean): void
  /** Forget all that is known about the chain beside its rows. */
  forget(): Promise<void>
}

/**
 * Receive a chain: staged, every block verified before it is stored, committed once level with a peer that has all of it, or
 * once it has begun. When a named peer sends what is not the chain, all of it is thrown away; when anything else interrupts, what
 * has come stays, and the next call goes on from there.
 *
 * @throws {InvalidBlockError} a named peer sent what is not the chain
 * @throws {PolicyMismatchError} the chain is governed by another policy
 * @throws {UnreachableError} no peer could be reached, or none went on sending
 */
export async function replicate(init: ReplicateInit, options: JoinOptions): Promise<ManagedChain> {
  const { factory, id, seams, named, batch, completion, now } = init
  const sources = new Sources(seams.accessControl, named, now)
  const { forget } = init
  const stage = await factory.stage(id, { ...seams, accessControl: sources, batch, forget }, options)
  let end: 'committed' | 'interrupted' | 'forged' = 'interrupted'
  try {
    const receiver = await init.stage(stage, sources)
    const { onProgress } = options
    if (onProgress !== undefined) {
      receiver.report = (progress) => onProgress(new CustomProgressEvent('walytis:join:blocks', progress))
    }
    await receiver.until(options.until === 'begun' ? 'begun' : 'complete', options)
    const chain = await stage.commit(receiver.isComplete ? completion : [], !receiver.isComplete)
    end = 'committed'
    if (receiver.isComplete) sources.lift()
    return chain
  } catch (error) {
    if (error instanceof InvalidBlockError || error instanceof PolicyMismatchError) end = 'forged'
    throw error
  } finally {
    init.unstage(end === 'committed')
    if (end === 'interrupted') await stage.suspend()
    if (end === 'forged') await stage.discard()
  }
}
