import type { AbortOptions } from '@libp2p/interface'
import type { Did, Group, GroupInviteOptions } from 'walytis-identities'
import { DEVICE_LINK_MS } from './constants.ts'
import { shortDid } from './did.ts'
import { NotFoundError } from './errors.ts'
import type { Device, Devices } from './interface/index.ts'
import { formatInvitation } from './invitation.ts'
import type { Node } from './node.ts'
import { deviceName, findRecord } from './vault/fold.ts'
import type { Vault } from './vault.ts'

/** The devices of a profile: the members of its user group, with the names that the vault has for them. */
export class ProfileDevices implements Devices {
  readonly #node: Node
  readonly #user: Group
  readonly #vault: Vault

  constructor(node: Node, user: Group, vault: Vault) {
    this.#node = node
    this.#user = user
    this.#vault = vault
  }

  get this(): Device {
    return this.describe(this.#user.device.did)
  }

  async *list(): AsyncGenerator<Device> {
    for (const { did } of this.#user.members()) yield this.describe(did)
  }

  async invite(options: Pick<GroupInviteOptions, 'expires' | 'confirm' | 'signal'> = {}): Promise<string> {
    const latest = this.#node.now() + DEVICE_LINK_MS
    const expires = new Date(Math.min(options.expires?.getTime() ?? latest, latest))
    const invitation = await this.#user.invite({ ...options, uses: 1, expires, shared: false })
    const title = findRecord(this.#vault.state, 'profile', '')?.value.name ?? shortDid(this.#user.did)
    return formatInvitation({ kind: 'device', title, inviter: this.this.name, group: invitation.toString() })
  }

  /** @throws {NotFoundError} when it is none of the profile's devices */
  async remove(did: Did, options?: AbortOptions): Promise<void> {
    if (!this.#user.members().some((member) => member.did === did)) throw new NotFoundError('device', did)
    await this.#user.remove(did, options)
  }

  /** A device as an application sees it. */
  describe(did: Did): Device {
    const name = deviceName(this.#vault.state, did) ?? shortDid(did)
    return { did, name, current: did === this.#user.device.did }
  }
}
