import { InvalidArgumentError } from 'walytis'
import type { BlockId } from 'walytis/interface'
import type { FetchPolicy } from './interface.ts'

/** The exchange, as far as asking goes. */
export interface Asking {
  want(block: BlockId, grace: number): void
  drop(block: BlockId): void
  wants(block: BlockId): boolean
}

/**
 * Who wants which content: the fetch policy, or somebody who waits for it. It is asked for as long as either does. Owns the policy; the exchange
 * owns whom to ask and when.
 */
export class Demand {
  readonly #asking: Asking
  readonly #waiting = new Map<string, number>()
  /** Asked for only because somebody waits. */
  readonly #onlyWaited = new Set<string>()
  #policy: FetchPolicy

  /** @throws {InvalidArgumentError} for what is no policy */
  constructor(asking: Asking, policy: FetchPolicy) {
    this.#asking = asking
    this.#policy = checked(policy)
  }

  /** @throws {InvalidArgumentError} for what is no policy */
  set policy(policy: FetchPolicy) {
    this.#policy = checked(policy)
  }

  /** Whether a content of a size class is fetched before anybody reads it. */
  fetches(sizeClass: number): boolean {
    if (typeof this.#policy === 'object') return sizeClass <= this.#policy.upTo
    return this.#policy === 'at-once'
  }

  /** The policy, or a pin, wants a content, after `grace` milliseconds. */
  wanted(id: BlockId, grace: number): void {
    this.#onlyWaited.delete(id.toString())
    this.#asking.want(id, grace)
  }

  /** Neither does any more. */
  unwanted(id: BlockId): void {
    const key = id.toString()
    if (this.#waiting.has(key)) this.#onlyWaited.add(key)
    else this.#asking.drop(id)
  }

  /** Somebody waits for a content. Returns what ends the waiting. */
  await(id: BlockId): () => void {
    const key = id.toString()
    this.#waiting.set(key, (this.#waiting.get(key) ?? 0) + 1)
    if (!this.#asking.wants(id)) {
      this.#onlyWaited.add(key)
      this.#asking.want(id, 0)
    }
    return () => {
      const left = (this.#waiting.get(key) ?? 1) - 1
      if (left > 0) {
        this.#waiting.set(key, left)
        return
      }
      this.#waiting.delete(key)
      if (this.#onlyWaited.delete(key)) this.#asking.drop(id)
    }
  }
}

function checked(policy: FetchPolicy): FetchPolicy {
  const isPolicy = typeof policy === 'object' ? policy.upTo >= 0 : policy === 'at-once' || policy === 'on-demand'
  if (!isPolicy) throw new InvalidArgumentError('fetch', "it is 'at-once', 'on-demand', or { upTo: bytes }")
  return policy
}
