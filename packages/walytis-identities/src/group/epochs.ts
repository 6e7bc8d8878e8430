import type { AbortOptions } from '@libp2p/interface'
import { CID } from 'multiformats/cid'
import type { BlockId, BlockPosition, RawBlock } from 'walytis/interface'
import { MIRROR_LIMIT } from '../group-constants.ts'
import { KeyUnavailableError } from '../group-errors.ts'
import type { Did } from '../interface/did.ts'
import type { Epoch, Epochs } from '../interface/group.ts'
import type { EpochSecrets } from '../members/epoch-secrets.ts'
import type { KeyDelivery } from '../members/key-delivery.ts'
import { splitEvidence } from '../members/mirror.ts'
import { mayHave } from '../state/epochs.ts'
import type { EpochState, GroupState } from '../state/membership.ts'
import type { GroupActs } from './acts.ts'
import type { GroupCore } from './core.ts'
import type { Seeds } from './seeds.ts'

/** Milliseconds that each rank waits for those before it to begin a missing epoch. */
const RANK_DELAY = 200
/** Milliseconds after which this device gives up on a seed and, to write, begins an epoch of its own. Local: no rule of validity. */
const SEED_PATIENCE = 10_000

/** The epochs of a group as layers that seal content use them. */
export class GroupEpochs implements Epochs {
  readonly #core: GroupCore
  readonly #seeds: Seeds
  readonly #acts: GroupActs
  readonly #delivery: KeyDelivery
  readonly #waiting = new Set<() => void>()

  constructor(core: GroupCore, seeds: Seeds, acts: GroupActs, delivery: KeyDelivery) {
    this.#core = core
    this.#seeds = seeds
    this.#acts = acts
    this.#delivery = delivery
  }

  /** A seed came, or the state changed: whoever waits looks again. */
  notify(): void {
    for (const wake of [...this.#waiting]) {
      wake()
    }
  }

  async current(options: AbortOptions = {}): Promise<Epoch> {
    const patience = AbortSignal.timeout(SEED_PATIENCE)
    for (;;) {
      options.signal?.throwIfAborted()
      void this.#core.me
      const state = await this.#core.stateForWriting(options)
      const behind = this.#behind(state)
      if (behind !== undefined) {
        await this.#acts.mirror(behind.member, behind.blocks, options)
        continue
      }
      const best = bestOf(state)
      if (best === undefined) {
        await this.#begin(state, options)
        continue
      }
      const held = this.#epoch(best)
      if (held !== undefined) {
        return held
      }
      if (patience.aborted) {
        await this.#acts.rotate('scheduled', (at) => this.#epoch(bestOf(at)) === undefined, options)
        continue
      }
      await this.#obtain(best, AbortSignal.any([patience, ...(options.signal == null ? [] : [options.signal])])).catch(
        () => undefined
      )
    }
  }

  async at(position: BlockPosition): Promise<Epoch | undefined> {
    const state = await this.#core.stateAt(position)
    return this.#behind(state) === undefined ? this.#epoch(bestOf(state)) : undefined
  }

  held(id: BlockId): Epoch | undefined {
    return this.#epoch(this.#core.state.epochs.get(id.toString()))
  }

  async get(id: BlockId, options: AbortOptions = {}): Promise<Epoch> {
    const epoch = this.#core.state.epochs.get(id.toString())
    if (epoch === undefined) {
      throw new KeyUnavailableError(this.#core.did, id.toString())
    }
    const held = this.#epoch(epoch)
    if (held !== undefined) {
      return held
    }
    await this.obtained(epoch, options)
    const obtained = this.#epoch(epoch)
    if (obtained === undefined) {
      throw new KeyUnavailableError(this.#core.did, epoch.id)
    }
    return obtained
  }

  /** Resolves once the seed is here. @throws {KeyUnavailableError} */
  async obtained(epoch: EpochState, options: AbortOptions = {}): Promise<void> {
    if (this.#seeds.get(epoch) === undefined) {
      await this.#obtain(epoch, options.signal ?? AbortSignal.timeout(SEED_PATIENCE))
    }
  }

  async entitled(device: Did, id: BlockId): Promise<boolean> {
    const { state } = this.#core
    const holder = state.devices.get(device)
    const epoch = state.epochs.get(id.toString())
    return holder !== undefined && epoch !== undefined && mayHave(state, holder.member, epoch)
  }

  /** Evidence of a member that is known here, but stands only in blocks that fell: it is brought in again before anything is sealed. */
  #behind(at: GroupState): { member: Did; blocks: RawBlock[] } | undefined {
    const { state, policy } = this.#core
    if (state.fallen.size === 0) {
      return undefined
    }
    for (const member of at.members.keys()) {
      const known = at.evidence.get(member) ?? new Set<string>()
      const missing = [...(state.evidence.get(member) ?? [])].filter((id) => !known.has(id))
      const [blocks] = splitEvidence(policy.evidence.rawBlocks(member, missing), MIRROR_LIMIT)
      if (blocks !== undefined) {
        return { member, blocks }
      }
    }
    return undefined
  }

  #epoch(epoch: EpochState | undefined): Epoch | undefined {
    const secrets = epoch === undefined ? undefined : this.#seeds.get(epoch)
    return epoch === undefined || secrets === undefined ? undefined : epochOf(epoch.id, secrets)
  }

  /** No epoch covers all removals and includes all members: after its rank's delay this device begins one. */
  async #begin(state: GroupState, options: AbortOptions): Promise<void> {
    // who is kept offline is not waited for
    const online = [...state.members.keys()].filter((did) => did !== state.recovery)
    const rank = online.indexOf(this.#core.member.did)
    if (rank > 0) {
      await this.#changed(AbortSignal.timeout(rank * RANK_DELAY), options)
    }
    if (bestOf(await this.#core.stateForWriting(options)) === undefined) {
      await this.#acts.rotate('removed', (at) => bestOf(at) === undefined, options)
    }
  }

  /** Wait for a seed, asking for it. */
  async #obtain(epoch: EpochState, signal: AbortSignal): Promise<void> {
    this.#delivery.seek()
    void this.#delivery.reachOut(signal)
    while (this.#seeds.get(epoch) === undefined) {
      if (signal.aborted) {
        throw new KeyUnavailableError(this.#core.did, epoch.id, { cause: signal.reason })
      }
      await this.#changed(signal)
    }
  }

  /** Resolves at the next change, or when a signal aborts. */
  #changed(until: AbortSignal, options: AbortOptions = {}): Promise<void> {
    const signal = options.signal == null ? until : AbortSignal.any([until, options.signal])
    return new Promise((resolve) => {
      const done = (): void => {
        this.#waiting.delete(done)
        signal.removeEventListener('abort', done)
        resolve()
      }
      if (signal.aborted) {
        resolve()
        return
      }
      this.#waiting.add(done)
      signal.addEventListener('abort', done, { once: true })
    })
  }
}

/** The epoch that content should use at this state: the best usable one; where history is not shared, one that includes all members. */
export function bestOf(state: GroupState): EpochState | undefined {
  const best = state.epochs.get(state.usable[0] ?? '')
  const complete = best !== undefined && [...state.members.keys()].every((member) => best.members.has(member))
  return state.history === 'shared' || complete ? best : undefined
}

function epochOf(id: string, secrets: EpochSecrets): Epoch {
  return { id: CID.parse(id), secret: (purpose, salt) => secrets.secret(purpose, salt) }
}
