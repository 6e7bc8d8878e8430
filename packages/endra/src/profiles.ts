/**
 * The profiles of a node: made, linked, opened once each, and forgotten. Owned by `endra.ts`.
 */
import type { AbortOptions } from '@libp2p/interface'
import { createGroup, createIdentity, type Did } from 'walytis-identities'
import { closingOnFailure } from './closing.ts'
import { DEFAULT_DEVICE_NAME, REPLICATE_DEADLINE_MS } from './constants.ts'
import { withDeadline } from './deadline.ts'
import { chainOf } from './did.ts'
import { NotFoundError } from './errors.ts'
import type { LinkProgress, Profile, Profiles } from './interface/index.ts'
import { linkDevice } from './link.ts'
import { checkName } from './names.ts'
import type { Node } from './node.ts'
import { loadProfileGroups, type OpenProfile, openProfile, type ProfileGroups } from './profile.ts'
import { type ReadyProfile, Registry } from './registry.ts'
import { SealedRows } from './sealed-rows.ts'
import { rowOfIndex } from './search/chat-index.ts'
import { findRecord, joinedChats, type VaultState } from './vault/fold.ts'

/** The profiles of a node, as it uses them. */
export class NodeProfiles implements Profiles {
  readonly #node: Node
  readonly #registry: Registry
  /** Every profile that is open or on its way to be. */
  readonly #profiles = new Map<Did, Promise<OpenProfile>>()
  readonly #closing = new AbortController()

  constructor(node: Node) {
    this.#node = node
    this.#registry = new Registry(node.keyStore)
  }

  async create(init: { name: string; deviceName?: string | undefined }, options?: AbortOptions): Promise<Profile> {
    const name = checkName('name', init.name)
    const deviceName = checkName('device name', init.deviceName ?? DEFAULT_DEVICE_NAME)
    const { walytis, keyStore, now } = this.#node
    const device = await createIdentity(walytis, keyStore, options)
    // A user's own devices share everything; a newcomer to a chat does not.
    const user = await createGroup(walytis, keyStore, device, { ...options, now, history: 'shared' })
    const vaultGroup = await createGroup(walytis, keyStore, user, { ...options, now, history: 'shared' })
    const entry = { device: device.did, user: user.did, vault: vaultGroup.did, name, deviceName }
    return await this.#keep(user.did, () =>
      this.#open({ user, vaultGroup }, options, async (profile) => {
        await profile.vault.put({ kind: 'profile', key: '', value: { name } }, options)
        await profile.vault.put({ kind: 'device', key: device.did, value: { name: deviceName } }, options)
        // Last: until here a crash leaves nothing that anybody would see.
        await this.#registry.put({ step: 'ready', ...entry }, options)
        await profile.open(options)
      })
    )
  }

  async *list(): AsyncGenerator<{ did: Did; name: string }> {
    for await (const entry of this.#registry.entries()) {
      if (entry.step !== 'ready') continue
      const open = await this.#profiles.get(entry.user)?.catch(() => undefined)
      yield { did: entry.user, name: open?.name ?? entry.name }
    }
  }

  async get(did: Did, options?: AbortOptions): Promise<Profile> {
    return await this.#keep(did, async () => {
      const entry = await this.#registry.find(did, options)
      if (entry === undefined) throw new NotFoundError('profile', did)
      const groups = await loadProfileGroups(this.#node, entry, options)
      return await this.#open(groups, options, async (profile) => {
        await this.#remember(entry, profile, options)
        await profile.open(options)
      })
    })
  }

  async link(invitation: string, init: Parameters<Profiles['link']>[1] = {}): Promise<Profile> {
    const deviceName = checkName('device name', init.deviceName ?? DEFAULT_DEVICE_NAME)
    const report = (step: LinkProgress['step'], received = 0, expected = 0): void =>
      init.onProgress?.({ step, received, expected })
    // A link may wait for other devices for minutes; the node does not, when it stops.
    const closing = this.#closing.signal
    const options = { signal: init.signal === undefined ? closing : AbortSignal.any([init.signal, closing]) }
    report('joining')
    const asked = { invitation, deviceName, onCode: init.onCode }
    const { groups, entry } = await linkDevice(this.#node, this.#registry, asked, options)
    return await this.#keep(entry.user, () =>
      this.#open(groups, options, async (profile) => {
        report('vault')
        await this.#readVault(profile, (received, expected) => report('vault', received, expected), options)
        await profile.vault.put({ kind: 'device', key: entry.device, value: { name: entry.deviceName } }, options)
        await this.#registry.put({ ...entry, name: profile.name }, options)
        await profile.open(options)
        const chats = (): void => {
          const { received, expected } = profile.chats.progress()
          report('chats', received, expected)
        }
        chats()
        await profile.chats.fetchAll(chats, options)
        report('done', 1, 1)
      })
    )
  }

  async delete(did: Did, options?: AbortOptions): Promise<void> {
    const profile = (await this.get(did, options)) as OpenProfile
    const entry = await this.#registry.find(did, options)
    if (entry === undefined) throw new NotFoundError('profile', did)
    const chats = joinedChats(profile.vault.state).map(({ key }) => key)
    await profile.close()
    // First: from here on the profile is forgotten, whatever of its chains a crash leaves behind.
    await this.#registry.delete(entry, options)
    const chains = [...chats, entry.vault, entry.user, entry.device].map(chainOf)
    for (const chain of chains) await this.#node.walytis.delete(chain, options)
    const rows = new SealedRows(this.#node.keyStore)
    for (const chat of chats) await rows.delete(rowOfIndex(chat), options)
    await this.#eraseSecrets(chains, options)
  }

  /** Close all that are open. */
  async close(): Promise<void> {
    this.#closing.abort()
    const opened = await Promise.allSettled(this.#profiles.values())
    await Promise.all(opened.map((result) => (result.status === 'fulfilled' ? result.value.close() : undefined)))
  }

  /** Secrets are named after what they are secrets of. Without them, sealed content that is left on the disk can't be opened any more. */
  async #eraseSecrets(chains: string[], options?: AbortOptions): Promise<void> {
    const { keyStore } = this.#node
    const doomed: string[] = []
    for await (const name of keyStore.names('', options)) {
      if (chains.some((chain) => name.includes(chain))) doomed.push(name)
    }
    for (const name of doomed) await keyStore.delete(name, options)
  }

  /** Make a profile of its groups and do what is to be done first; when that fails, everything is closed again. */
  async #open(
    groups: ProfileGroups,
    options: AbortOptions | undefined,
    first: (profile: OpenProfile) => Promise<void>
  ): Promise<OpenProfile> {
    const { user, vaultGroup } = groups
    const closed = (profile: OpenProfile): boolean => this.#profiles.delete(profile.did)
    const profile = await closingOnFailure([vaultGroup, user, user.device], () =>
      openProfile(this.#node, groups, closed, options)
    )
    return await closingOnFailure([profile], async () => {
      await first(profile)
      return profile
    })
  }

  /** One object per profile, whoever asks for it. A failure is forgotten, so that it can be tried again. */
  #keep(did: Did, open: () => Promise<OpenProfile>): Promise<OpenProfile> {
    const held = this.#profiles.get(did)
    if (held !== undefined) return held
    const opening = open()
    this.#profiles.set(did, opening)
    opening.catch(() => this.#profiles.delete(did))
    return opening
  }

  /** Keep the name for `list`, which does not open profiles. */
  async #remember(entry: ReadyProfile, profile: OpenProfile, options?: AbortOptions): Promise<void> {
    if (profile.name !== entry.name) await this.#registry.put({ ...entry, name: profile.name }, options)
  }

  /** A new device reads the whole vault before it is ready; what can't be had in time comes later, unless it is the profile itself. */
  async #readVault(
    { vault }: OpenProfile,
    onProgress: (received: number, expected: number) => void,
    options: AbortOptions
  ): Promise<void> {
    const holdsProfile = (state: VaultState): boolean => findRecord(state, 'profile', '') !== undefined
    try {
      await withDeadline('Reading the vault', REPLICATE_DEADLINE_MS, options, async (signal) => {
        const read = (): Promise<void> =>
          vault.whenComplete(({ received, expected }) => onProgress(received, expected), { signal })
        await read()
        if (holdsProfile(vault.state)) return
        // Until the vault's key has come from another device, the vault seems empty. It never is.
        await vault.until(holdsProfile, { signal })
        await read()
      })
    } catch (error) {
      options.signal?.throwIfAborted()
      if (!holdsProfile(vault.state)) throw error
      this.#node.log.error('a vault is not complete yet - %e', error)
    }
  }
}
