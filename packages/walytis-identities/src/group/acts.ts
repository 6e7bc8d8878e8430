import type { AbortOptions } from '@libp2p/interface'
import type { BatchOperation, Block, RawBlock } from 'walytis/interface'
import { isRefused } from '../encoding/canonical.ts'
import type { RawEvent } from '../events/format.ts'
import { rawOf } from '../events/group-inception.ts'
import type { Consent, EpochReason } from '../events/kinds.ts'
import type { Did } from '../interface/did.ts'
import type { Role } from '../interface/group.ts'
import { deriveEpoch, type EpochSecrets, SEED_BYTES } from '../members/epoch-secrets.ts'
import { hashDevices } from '../state/epochs.ts'
import type { GroupState, PrincipalState } from '../state/membership.ts'
import type { GroupCore } from './core.ts'
import type { Seeds } from './seeds.ts'

/** What a block changes in who the devices are, for the hash in an epoch event of the same block. */
export interface DeviceChange {
  readonly without?: Did | undefined
  readonly with?: PrincipalState | undefined
}

/** The events that this node writes to a group. Each method resolves once its block is on the disk. */
export class GroupActs {
  readonly #core: GroupCore
  readonly #seeds: Seeds
  /** Told of each epoch that this node began. */
  onEpoch: ((block: Block, secrets: EpochSecrets) => void) | undefined

  constructor(core: GroupCore, seeds: Seeds) {
    this.#core = core
    this.#seeds = seeds
  }

  async invite(
    event: RawEvent & { kind: 'invite' },
    row: BatchOperation | undefined,
    options?: AbortOptions
  ): Promise<void> {
    await this.#core.write(async (state) => {
      // what it says of itself is no matter of rights
      const made = {
        invitation: '',
        verifier: '',
        uses: 1,
        shared: false,
        role: 'member',
        expires: 0,
        link: false
      } as const
      this.#core.assertMay(state, { kind: 'invite', ...made })
      return { events: [event], batch: row === undefined ? [] : [row] }
    }, options)
  }

  async revokeInvitation(invitation: Uint8Array, hex: string, options?: AbortOptions): Promise<void> {
    await this.#core.write(async (state) => {
      this.#core.assertMay(state, { kind: 'revoke-invite', invitation: hex })
      return { events: [{ kind: 'revoke-invite', invitation }] }
    }, options)
  }

  /** Add who consented, with the evidence that the chain lacks, and begin an epoch unless history is shared. */
  async add(
    admission: {
      member: Did
      role: Role
      invitation: Uint8Array
      hex: string
      consent: Consent
      blocks: readonly RawBlock[]
    },
    options?: AbortOptions
  ): Promise<void> {
    const { member, role, invitation, hex, consent } = admission
    await this.#withEpoch(
      'added',
      async (state) => {
        const fresh = await this.#fresh(state, member, admission.blocks)
        const principal = await this.#principal(state, member, fresh.ids)
        this.#core.assertMay(
          {
            ...state,
            principals: new Map([
              ...state.principals,
              ...(principal === undefined ? [] : [[member, principal] as const])
            ])
          },
          { kind: 'add', member, role, invitation: hex }
        )
        const event = {
          kind: 'add',
          member,
          role,
          invitation,
          consent: plainConsent(consent),
          blocks: fresh.raws.map(rawOf)
        }
        return { events: [event], change: { with: principal }, epoch: state.history !== 'shared' }
      },
      options
    )
  }

  async remove(member: Did, options?: AbortOptions): Promise<void> {
    await this.#withEpoch(
      'removed',
      async (state) => {
        this.#core.assertMay(state, { kind: 'remove', member })
        return { events: [{ kind: 'remove', member }], change: { without: member }, epoch: true }
      },
      options
    )
  }

  async leave(options?: AbortOptions): Promise<void> {
    await this.#core.write(async (state) => {
      this.#core.assertMay(state, { kind: 'leave' })
      return { events: [{ kind: 'leave' }] }
    }, options)
  }

  async setRole(member: Did, role: Role, options?: AbortOptions): Promise<void> {
    await this.#core.write(async (state) => {
      this.#core.assertMay(state, { kind: 'role', member, role })
      return state.members.get(member)?.role === role ? undefined : { events: [{ kind: 'role', member, role }] }
    }, options)
  }

  /** @param needed asked again at the block's place: whether it is still wanted */
  async rotate(reason: EpochReason, needed: (state: GroupState) => boolean, options?: AbortOptions): Promise<void> {
    await this.#withEpoch(
      reason,
      async (state) => (needed(state) ? { events: [], change: {}, epoch: true } : undefined),
      options
    )
  }

  /** Bring in evidence; with an epoch when it takes a device out. Nothing is written when the chain has it all. */
  async mirror(member: Did, blocks: readonly RawBlock[], options?: AbortOptions): Promise<void> {
    await this.#withEpoch(
      'removed',
      async (state) => {
        const fresh = await this.#fresh(state, member, blocks)
        if (fresh.ids.length === 0) {
          return undefined
        }
        const principal = await this.#principal(state, member, fresh.ids)
        const before = state.principals.get(member)?.devices ?? []
        const lost = before.some(({ did }) => principal?.devices.some((device) => device.did === did) !== true)
        const event = { kind: 'mirror', member, blocks: fresh.raws.map(rawOf) }
        return { events: [event], change: { with: principal }, epoch: lost && state.members.has(member) }
      },
      options
    )
  }

  async #withEpoch(
    reason: EpochReason,
    build: (state: GroupState) => Promise<{ events: RawEvent[]; change: DeviceChange; epoch: boolean } | undefined>,
    options?: AbortOptions
  ): Promise<void> {
    let secrets: EpochSecrets | undefined
    const block = await this.#core.write(async (state) => {
      const draft = await build(state)
      if (draft === undefined || !draft.epoch) {
        return draft
      }
      const { randomBytes, keyStore, walytis } = this.#core.components
      secrets = deriveEpoch(randomBytes(SEED_BYTES))
      const atomic = keyStore.store === walytis.store
      if (!atomic) {
        await this.#seeds.put(secrets)
      }
      const devices = hashDevices(state.did, devicesAfter(state, draft.change))
      const event = { kind: 'epoch', publicKey: secrets.publicKey, devices, reason }
      return { events: [...draft.events, event], batch: atomic ? [this.#seeds.row(secrets)] : [] }
    }, options)
    if (block !== undefined && secrets !== undefined) {
      this.#seeds.hold(secrets)
      this.onEpoch?.(block, secrets)
    }
  }

  /** Those of the blocks that do not count at this state yet. Blocks that prove nothing are left out altogether. */
  async #fresh(
    state: GroupState,
    member: Did,
    blocks: readonly RawBlock[]
  ): Promise<{ ids: readonly string[]; raws: readonly RawBlock[] }> {
    const { evidence } = this.#core.policy
    const ids = await evidence.admit(member, blocks, state.evidence.get(member) ?? new Set())
    return isRefused(ids) ? { ids: [], raws: [] } : { ids, raws: evidence.rawBlocks(member, ids) }
  }

  async #principal(state: GroupState, member: Did, fresh: readonly string[]): Promise<PrincipalState | undefined> {
    const { evidence } = this.#core.policy
    const all = new Set([...(state.evidence.get(member) ?? []), ...fresh])
    await evidence.prepare(member, all)
    return evidence.resolve(member, all)
  }
}

/** The devices after a change, as `hashDevices` takes them. */
function devicesAfter(state: GroupState, change: DeviceChange): Set<Did> {
  const devices = new Set<Did>()
  for (const member of state.members.values()) {
    if (member.did !== change.without) {
      const list = change.with?.did === member.did ? change.with.devices : member.devices
      for (const device of list) {
        devices.add(device.did)
      }
    }
  }
  for (const device of change.with?.devices ?? []) {
    devices.add(device.did)
  }
  for (const { device, member, pending } of state.devices.values()) {
    if (pending && member !== change.without) {
      devices.add(device.did)
    }
  }
  return devices
}

function plainConsent({ device, signature, keys, proof }: Consent): Record<string, unknown> {
  const { suite, classical, postQuantum } = keys
  return { device, signature, keys: { suite, classical, postQuantum }, proof }
}
