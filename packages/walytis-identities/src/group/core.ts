import type { AbortOptions } from '@libp2p/interface'
import { CID } from 'multiformats/cid'
import type {
  BaseBlockchain,
  BatchOperation,
  Block,
  BlockId,
  BlockPosition,
  ChainRecord,
  JudgedBlock,
  SignedBlock,
  Walytis
} from 'walytis/interface'
import { EVENT_TOPIC } from '../constants.ts'
import type { Device } from '../device.ts'
import { didOf } from '../did.ts'
import { NotMemberError } from '../errors.ts'
import { encodeEvents, type RawEvent } from '../events/format.ts'
import { AccessDeniedError, GroupCorruptError, UpdateRequiredError } from '../group-errors.ts'
import type { Did } from '../interface/did.ts'
import type { Group, Identity } from '../interface/group.ts'
import type { KeyStore } from '../interface/key-store.ts'
import { brokenRight } from '../state/authorise.ts'
import type { RecoveryContext } from '../state/effects.ts'
import { linksOf } from '../state/evidence.ts'
import type { Act, GroupState, MemberState } from '../state/membership.ts'
import type { GroupPolicy } from '../state/policy.ts'

/** What a group works with. The clock and the random generator come from the factory. */
export interface GroupComponents {
  readonly walytis: Walytis
  readonly keyStore: KeyStore
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly randomBytes: (length: number) => Uint8Array
  /** Milliseconds after which an epoch is replaced. Left out: a week. */
  readonly rotateAfter?: number | undefined
}

export interface CoreInit {
  readonly components: GroupComponents
  readonly chain: BaseBlockchain
  readonly policy: GroupPolicy
  /** As whom this node takes part: itself a device, or a group of devices. */
  readonly member: Identity | Group
  readonly identity: Identity
  readonly device: Device
}

/** Events of one block, and rows that are written with it. */
export interface EventDraft {
  readonly events: readonly RawEvent[]
  readonly batch?: readonly BatchOperation[] | undefined
}

/** How often, in milliseconds, to look whether a block that changed the state is durable, and for how long. */
const DURABLE_CHECK = { every: 5, times: 2000 }

/**
 * A group's chain with its policy: the state that follows from it, who is told when it changes, and the one way to write
 * events. Everything else of a group stands on this.
 */
export class GroupCore {
  readonly did: Did
  readonly components: GroupComponents
  readonly chain: BaseBlockchain
  readonly policy: GroupPolicy
  readonly member: Identity | Group
  readonly identity: Identity
  readonly device: Device
  readonly #judged = new Set<() => void>()
  readonly #durable = new Set<() => void>()
  #closed = false

  constructor({ components, chain, policy, member, identity, device }: CoreInit) {
    this.did = didOf(chain.id)
    this.components = components
    this.chain = chain
    this.policy = policy
    this.member = member
    this.identity = identity
    this.device = device
    policy.onChange = (_, by) => this.#changed(by)
  }

  get genesis(): BlockId {
    return CID.parse(this.chain.id)
  }

  get closed(): boolean {
    return this.#closed
  }

  /** The state by all that is known. */
  get state(): GroupState {
    const { state } = this.policy
    if (state === undefined) {
      throw new GroupCorruptError('its founding block could not be read')
    }
    return state
  }

  /** This node's member. @throws {NotMemberError} when it is none, or no longer one */
  get me(): MemberState {
    const member = this.state.members.get(this.member.did)
    if (member === undefined) {
      throw new NotMemberError(this.did, this.member.did)
    }
    return member
  }

  /** Whether this node's device is a current device of its member. */
  get present(): boolean {
    return this.state.devices.get(this.device.did)?.member === this.member.did
  }

  /** Called as soon as a block that changes the state has been judged. Returns what stops it. */
  onJudged(listener: () => void): () => void {
    this.#judged.add(listener)
    return () => this.#judged.delete(listener)
  }

  /** Called once a block that changed the state is durable. Returns what stops it. */
  onDurable(listener: () => void): () => void {
    this.#durable.add(listener)
    return () => this.#durable.delete(listener)
  }

  /** The state at the place of a block. */
  async stateAt(position: BlockPosition): Promise<GroupState> {
    const records = await Promise.all(linksOf(position as SignedBlock).map((id) => this.chain.record(id)))
    const known = records.filter((record): record is ChainRecord => record !== undefined)
    return this.policy.stateAt(known, contextOf(this.chain))
  }

  /**
   * The state at the place of this node's next block. Where acts have fallen it may differ from `state`: blocks that are not in effect are
   * followed by nothing new, and what stands in them alone is not among the ancestors of what is written now.
   */
  async stateForWriting(options?: AbortOptions): Promise<GroupState> {
    if (this.state.fallen.size === 0) {
      return this.state
    }
    let found: GroupState | undefined
    const nothing = new Nothing()
    try {
      await this.chain.append(async (position) => {
        found = await this.stateAt(position)
        throw nothing
      }, options)
    } catch (error) {
      if (error !== nothing) {
        throw error
      }
    }
    return found ?? this.state
  }

  /**
   * Write a block of events, made from the state at its place.
   *
   * @throws {UpdateRequiredError} when the chain holds critical events of a newer version
   */
  async write(
    build: (state: GroupState) => Promise<EventDraft | undefined>,
    options?: AbortOptions
  ): Promise<Block | undefined> {
    const { critical } = this.state
    if (critical.length > 0) {
      throw new UpdateRequiredError(this.did, critical)
    }
    const nothing = new Nothing()
    try {
      return await this.chain.append(async (position) => {
        const draft = await build(await this.stateAt(position))
        if (draft === undefined) {
          throw nothing
        }
        const topics = [EVENT_TOPIC]
        const at = { ...position, topics }
        const content = await encodeEvents(draft.events, at, (bytes) => this.device.signEvent(bytes))
        return { content, topics, batch: [...(draft.batch ?? [])] }
      }, options)
    } catch (error) {
      if (error === nothing) {
        return undefined
      }
      throw error
    }
  }

  /** @throws {AccessDeniedError} when this node's member may not do that by this state */
  assertMay(state: GroupState, act: Act): void {
    const member = state.members.get(this.member.did)
    const author = { member: this.member.did, device: this.device.did, key: '', path: member?.path ?? [] }
    const broken = brokenRight(state, author, act)
    if (broken !== undefined) {
      throw new AccessDeniedError(this.did, broken.rule)
    }
  }

  close(): void {
    this.#closed = true
    this.policy.onChange = undefined
    this.#judged.clear()
    this.#durable.clear()
  }

  #changed(by: BlockId): void {
    for (const listener of [...this.#judged]) {
      listener()
    }
    void this.#tellWhenDurable(by)
  }

  async #tellWhenDurable(by: BlockId): Promise<void> {
    for (let turn = 0; turn < DURABLE_CHECK.times && !this.#closed; turn++) {
      try {
        if (await this.chain.has(by)) {
          break
        }
      } catch {
        return // The chain was closed meanwhile.
      }
      await new Promise((resolve) => setTimeout(resolve, DURABLE_CHECK.every))
    }
    if (!this.#closed) {
      for (const listener of [...this.#durable]) {
        listener()
      }
    }
  }
}

/** Stops `append` when there is nothing to write after all. */
class Nothing extends Error {
  override readonly name = 'Nothing'
}

/** A chain, as recovering a policy's state reads it. */
export function contextOf(chain: BaseBlockchain): RecoveryContext {
  return {
    get: async (id, options) => {
      const record = await chain.record(id, options)
      return record === undefined ? undefined : judgedOf(record)
    },
    known: async function* (filter) {
      for await (const record of chain.records({ topic: filter?.topic })) {
        yield judgedOf(record)
      }
    }
  }
}

function judgedOf({ block, annotation, revoked, content }: ChainRecord): JudgedBlock {
  return { block, annotation, revoked, content: async () => content }
}
