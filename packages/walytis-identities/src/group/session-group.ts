import type { AbortOptions, PeerId } from '@libp2p/interface'
import { verifyRawBlock } from 'walytis'
import type { RawBlock } from 'walytis/interface'
import { EVIDENCE_LIMIT } from '../constants.ts'
import { didOf } from '../did.ts'
import { isRefused } from '../encoding/canonical.ts'
import { MIRROR_LIMIT } from '../group-constants.ts'
import type { Did } from '../interface/did.ts'
import type { Channel } from '../interface/session.ts'
import type { Admissions } from '../members/admit.ts'
import { evidenceOf, isGroup, splitEvidence } from '../members/mirror.ts'
import type { EpochSecret, GuestKey, SessionDevice, SessionGroup } from '../session/seams.ts'
import type { GroupActs } from './acts.ts'
import type { GroupCore } from './core.ts'
import { recentSecrets, type Seeds } from './seeds.ts'

export interface SessionGroupInit {
  readonly core: GroupCore
  readonly acts: GroupActs
  readonly seeds: Seeds
  readonly admissions: Admissions
  readonly rendezvousKeys: () => Uint8Array[]
  /** Peers that may host members, besides those with which the chain is live. */
  readonly remembered: () => readonly PeerId[]
}

/** A group as sessions see it. */
export class GroupForSessions implements SessionGroup {
  readonly did: Did
  readonly #init: SessionGroupInit

  constructor(init: SessionGroupInit) {
    this.did = init.core.did
    this.#init = init
  }

  get device(): SessionDevice {
    return this.#init.core.device
  }

  rendezvousKeys(): readonly Uint8Array[] {
    return this.#init.rendezvousKeys()
  }

  memberOf(device: Did): Did | undefined {
    const { core } = this.#init
    return core.closed ? undefined : core.state.devices.get(device)?.member
  }

  devicesOf(member: Did): readonly Did[] {
    const { core } = this.#init
    return core.closed ? [] : (core.state.members.get(member)?.devices.map(({ did }) => did) ?? [])
  }

  latestKeyEvent(device: Did): string | undefined {
    const { core } = this.#init
    return core.closed ? undefined : core.state.devices.get(device)?.device.keyEvent
  }

  /** Evidence begins with the genesis of the member's chain, or with blocks that follow what the group's chain holds. */
  async present(device: Did, evidence: RawBlock[], options?: AbortOptions): Promise<Did | undefined> {
    const { core, acts } = this.#init
    const known = this.memberOf(device)
    const [first] = evidence
    const verified = first === undefined ? undefined : verifyRawBlock(first)
    if (verified?.ok !== true || !core.present) {
      return known
    }
    const member = didOf(verified.block.chain ?? verified.block.id)
    if (!core.state.members.has(member)) {
      return known
    }
    const store = core.policy.evidence
    const counted = core.state.evidence.get(member) ?? new Set<string>()
    const fresh = await store.admit(member, evidence, counted)
    if (isRefused(fresh) || fresh.length === 0) {
      return this.memberOf(device)
    }
    const all = new Set([...counted, ...fresh])
    await store.prepare(member, all)
    if (store.resolve(member, all)?.devices.some(({ did }) => did === device) === true) {
      for (const part of splitEvidence(store.rawBlocks(member, fresh), MIRROR_LIMIT)) {
        await acts.mirror(member, part, options)
      }
    }
    return this.memberOf(device)
  }

  async evidence(): Promise<RawBlock[]> {
    const { core } = this.#init
    if (!isGroup(core.member)) {
      return []
    }
    const blocks = await evidenceOf(core.member)
    const size = blocks.reduce((sum, { block, content }) => sum + block.length + content.length, 0)
    if (size <= EVIDENCE_LIMIT) {
      return blocks
    }
    // Only what the group's chain does not hold, as far as this node knows.
    const counted = core.state.evidence.get(core.member.did) ?? new Set<string>()
    const fresh = await core.policy.evidence.admit(core.member.did, blocks, counted)
    const [part = []] = isRefused(fresh)
      ? []
      : splitEvidence(core.policy.evidence.rawBlocks(core.member.did, fresh), EVIDENCE_LIMIT)
    return part
  }

  epochSecrets(): readonly EpochSecret[] {
    const { core, seeds } = this.#init
    return core.closed ? [] : recentSecrets(core.state, seeds)
  }

  guestKeys(): readonly GuestKey[] {
    const { core, admissions } = this.#init
    return core.closed ? [] : admissions.guestKeys()
  }

  acceptGuest(channel: Channel, invitation: string): Promise<void> {
    return this.#init.admissions.serve(channel, invitation)
  }

  peers(): readonly PeerId[] {
    const { core, remembered } = this.#init
    if (core.closed) {
      return []
    }
    const live = core.chain.getPeers()
    return [...live, ...remembered().filter((peer) => !live.some((other) => other.equals(peer)))]
  }

  watch(listener: () => void): () => void {
    return this.#init.core.onJudged(listener)
  }
}
