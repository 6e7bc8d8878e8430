import { isRefused } from '../encoding/canonical.ts'
import type { GroupActs } from '../group/acts.ts'
import type { GroupCore } from '../group/core.ts'
import { MIRROR_LIMIT } from '../group-constants.ts'
import { evidenceOf, isGroup, splitEvidence } from './mirror.ts'

/** Milliseconds that each of the member's other devices waits for the one that acted, by rank. */
const RANK_DELAY = 400

/**
 * Keeps a group's chain level with the chain of this node's member: rotated keys and, where the member is a group itself, what happens to
 * its devices. A user's devices are mirrored into every group the user is in by the device that acted at once, by others when they find it missing. Owned by the group's facade.
 */
export class Mirroring {
  readonly #core: GroupCore
  readonly #acts: GroupActs
  #timer: ReturnType<typeof setTimeout> | undefined
  #running: Promise<void> | undefined
  readonly #listener = (): void => this.soon()

  constructor(core: GroupCore, acts: GroupActs) {
    this.#core = core
    this.#acts = acts
  }

  start(): void {
    const { member } = this.#core
    if (isGroup(member)) {
      member.addEventListener('members:changed', this.#listener)
    }
    this.soon()
  }

  /** Look after a while whether something is missing still. The most senior device waits least. */
  soon(): void {
    const { member, device } = this.#core
    if (!this.#core.closed) {
      const devices = isGroup(member) ? member.members().flatMap(({ devices }) => devices) : []
      const rank = Math.max(0, devices.indexOf(device.did))
      clearTimeout(this.#timer)
      this.#timer = setTimeout(() => this.#attempt(), (rank + 1) * RANK_DELAY)
      this.#timer.unref?.()
    }
  }

  /** Mirror now what is missing. Resolves once it is on the disk. */
  async now(): Promise<void> {
    this.#running ??= this.#mirror().finally(() => {
      this.#running = undefined
    })
    await this.#running
  }

  stop(): void {
    clearTimeout(this.#timer)
    const { member } = this.#core
    if (isGroup(member)) {
      member.removeEventListener('members:changed', this.#listener)
    }
  }

  #attempt(): void {
    // Whoever is no device of the group (any more) can't write, and another device will.
    this.now().catch(() => undefined)
  }

  async #mirror(): Promise<void> {
    const { member, policy } = this.#core
    if (this.#core.closed || !this.#core.state.members.has(member.did)) {
      return
    }
    const blocks = await evidenceOf(member)
    const counted = this.#core.state.evidence.get(member.did) ?? new Set<string>()
    const fresh = await policy.evidence.admit(member.did, blocks, counted)
    if (!isRefused(fresh)) {
      for (const part of splitEvidence(policy.evidence.rawBlocks(member.did, fresh), MIRROR_LIMIT)) {
        await this.#acts.mirror(member.did, part)
      }
    }
  }
}
