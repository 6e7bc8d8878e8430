import type { AbortOptions } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { randomBytes as platformRandom } from '@noble/hashes/utils.js'
import type { BaseBlockchain, OpenOptions, PeerAddresses, Walytis } from 'walytis/interface'
import { type Device, deviceOf } from './device.ts'
import { chainOf, didOf, isDid } from './did.ts'
import { decodeCanonical, encodeCanonical, isMapOf, isRefused } from './encoding/canonical.ts'
import { InvalidArgumentError, UnknownIdentityError } from './errors.ts'
import { GroupAccess } from './group/access.ts'
import { contextOf, type GroupComponents } from './group/core.ts'
import { GroupFacade } from './group/facade.ts'
import { foundGroup } from './group/found.ts'
import { sessionsOf } from './group/node-sessions.ts'
import { assembleGroup, type PartsInit, peersIn } from './group/parts.ts'
import { recordPrefix, seedName } from './group/seeds.ts'
import { InvitationError } from './group-errors.ts'
import { loadIdentity } from './identity.ts'
import type { Did } from './interface/did.ts'
import type { CreateGroupOptions, Group, GroupInvitation, Identity } from './interface/group.ts'
import type { KeyStore } from './interface/key-store.ts'
import { askForEntrance, UnreadGroup } from './members/attach.ts'
import { deriveEpoch, SEED_BYTES } from './members/epoch-secrets.ts'
import { parseInvitation } from './members/invite.ts'
import { askToJoin } from './members/join.ts'
import { isGroup } from './members/mirror.ts'
import { findPrincipal, registerPrincipal } from './principals.ts'
import { createGroupPolicy } from './state/policy.ts'

/** What making, joining or loading a group takes besides the node, the key store and the member. */
export interface GroupOptions extends AbortOptions {
  /** Default: the platform's random generator. */
  randomBytes?: ((length: number) => Uint8Array) | undefined
  /** Milliseconds since 1970; invitations expire by it. Default: the platform's clock. */
  now?: (() => number) | undefined
  /** Milliseconds after which keys are replaced by others, a seventh more or less. Default: a week. */
  rotateAfter?: number | undefined
}

/** What joining a group takes. */
export interface JoinGroupOptions extends GroupOptions {
  /** Shown the code of a device link: the user compares it with that on the inviting device. Needed for device links. */
  onCode?: ((code: string) => void) | undefined
}

export interface LoadGroupOptions extends GroupOptions {
  /** As whom to take part. Default: as whom this node did before. */
  member?: Identity | Group | undefined
  /** Where the group's members may be found. Default: what is remembered, or what other devices of the member say. */
  peers?: PeerAddresses[] | undefined
}

const RENDEZVOUS_BYTES = 32
/** A chain that is held names its own parameters. */
const NO_PARAMETERS = new Uint8Array()

/**
 * Found a group, with `member` as its only member. Keys and genesis are written in one atomic batch where the key store lives in the node's
 * database.
 *
 * @throws {InvalidArgumentError} when `member` is not an open identity or group of this node
 */
export async function createGroup(
  walytis: Walytis,
  keyStore: KeyStore,
  member: Identity | Group,
  options: CreateGroupOptions & GroupOptions = {}
): Promise<Group> {
  const components = componentsOf(walytis, keyStore, options)
  const { identity, device } = actorOf(member)
  const secrets = deriveEpoch(components.randomBytes(SEED_BYTES))
  const rendezvous = components.randomBytes(RENDEZVOUS_BYTES)
  const { parameters, evidence } = await foundGroup(member, device, secrets.publicKey, options)
  const policy = createGroupPolicy(parameters, evidence)
  const atomic = keyStore.store === walytis.store
  const records = (did: Did): [string, Uint8Array][] => [
    [rendezvousName(did), rendezvous],
    [selfName(did), encodeSelf(member.did, device.did)],
    [seedName(did, secrets.publicKey), secrets.seed]
  ]
  const access = new GroupAccess(rendezvous)
  const chain = await walytis.create({
    ...abortOf(options),
    signer: device.signer,
    accessControl: access,
    policy,
    layers: options.layers,
    batch: (id) => (atomic ? records(didOf(id)).map(([name, value]) => keyStore.sealed(name, value)) : [])
  })
  if (!atomic) {
    for (const [name, value] of records(didOf(chain.id))) {
      await keyStore.put(name, value)
    }
  }
  const group = await openGroup({
    components,
    chain,
    policy,
    member,
    identity,
    device,
    access,
    rendezvous,
    remembered: []
  })
  await group.mirrorOwn()
  return group
}

/**
 * Join a group by an invitation. Resolves once this node holds the group's chain, and its keys as far as they were given.
 *
 * @throws {InvitationError} malformed, expired, refused, unreachable, or the group turns out forged
 * @throws {InvalidArgumentError} for a device link without `onCode`: nobody could compare the codes
 */
export async function joinGroup(
  walytis: Walytis,
  keyStore: KeyStore,
  member: Identity | Group,
  invitation: string | GroupInvitation,
  options: JoinGroupOptions = {}
): Promise<Group> {
  const components = componentsOf(walytis, keyStore, options)
  const parsed = parseInvitation(invitation)
  const { group, expires, peers } = parsed.details
  const open = findPrincipal(walytis, group)
  if (open !== undefined && 'members' in open) {
    return open as Group
  }
  const { identity, device } = actorOf(member)
  if (parsed.link && options.onCode === undefined) {
    throw new InvalidArgumentError('onCode', 'A device link shows a code, which the user must compare')
  }
  const { onCode = () => undefined } = options
  await introduce(walytis, peers)
  const manager = sessionsOf(components)
  const joining = { manager, invitation: parsed, member, device, randomBytes: components.randomBytes, onCode }
  const joined = await askToJoin(joining, abortOf(options)).catch((cause) => {
    // Expiry is judged by the clock of who admits: this node's, which may be wrong, only explains a refusal.
    const expired = cause instanceof InvitationError && expires <= components.now()
    throw expired ? new InvitationError('expired', { cause }) : cause
  })
  const { rendezvous } = joined
  await keyStore.put(rendezvousName(group), rendezvous)
  await keyStore.put(selfName(group), encodeSelf(member.did, device.did))
  const policy = createGroupPolicy(NO_PARAMETERS)
  const access = new GroupAccess(rendezvous)
  access.receiveFrom([joined.by])
  const sources = peers.filter(({ peer }) => peer === joined.by)
  const seams = { signer: device.signer, accessControl: access, policy }
  const chain = await walytis.replicate(chainOf(group), { ...abortOf(options), ...seams, peers: sources })
  await policy.recover(contextOf(chain))
  const opened = await openGroup({
    components,
    chain,
    policy,
    member,
    identity,
    device,
    access,
    rendezvous,
    remembered: peers
  })
  await opened.takeSeeds(joined.seeds)
  return opened
}

/**
 * Open a group whose chain is held here. Where it isn't, and `member` is a group with other devices that are in it, the chain is fetched from
 * them: a device is entitled to its user's groups without an invitation. So it is from `peers` where the key store has been in the group before:
 * after a backup was restored.
 *
 * @throws {InvalidDidError}
 * @throws {UnknownIdentityError} when neither this node nor a device of the member that can be reached holds the group
 */
export async function loadGroup(
  walytis: Walytis,
  keyStore: KeyStore,
  did: string,
  options: LoadGroupOptions = {}
): Promise<Group> {
  const known = didOf(chainOf(did))
  const open = findPrincipal(walytis, known)
  if (open !== undefined && 'members' in open) {
    return open as Group
  }
  const components = componentsOf(walytis, keyStore, options)
  const member = options.member ?? (await loadSelf(walytis, keyStore, known, options))
  const { identity, device } = actorOf(member)
  const policy = createGroupPolicy(NO_PARAMETERS)
  const remembered = options.peers ?? []
  const kept = await keyStore.get(rendezvousName(known))
  const init = { components, policy, member, identity, device }
  if (kept !== undefined) {
    const access = new GroupAccess(kept)
    const seams = { signer: device.signer, accessControl: access, policy }
    const chain = await openHeld(walytis, chainOf(known), { ...abortOf(options), ...seams })
    if (chain !== undefined) {
      await policy.recover(contextOf(chain))
      const group = await openGroup({ ...init, chain, access, rendezvous: kept, remembered })
      await group.introduce()
      return group
    }
  }
  return attach(known, { ...init, rendezvous: kept, remembered }, abortOf(options))
}

/** Fetch the chain of a group that this device is entitled to by nesting, or was a member of before: a backup has keys and no chains. */
async function attach(
  did: Did,
  init: Omit<PartsInit, 'chain' | 'access' | 'rendezvous'> & { rendezvous: Uint8Array | undefined },
  options: AbortOptions
): Promise<Group> {
  const { components, member, device, policy } = init
  const { walytis, keyStore } = components
  const entrance = isGroup(member) ? await askForEntrance(member, did, options) : undefined
  const rendezvous = entrance?.rendezvous ?? init.rendezvous
  const peers = [...(entrance?.peers ?? []), ...init.remembered]
  if (rendezvous === undefined) {
    throw new UnknownIdentityError(did)
  }
  await introduce(walytis, peers)
  const manager = sessionsOf(components)
  const unread = new UnreadGroup(did, device, member, rendezvous)
  const sessions = await manager.attach(unread)
  const access = new GroupAccess(rendezvous)
  const seams = { signer: device.signer, accessControl: access, policy }
  try {
    const reached = await reach(peers, (peer) => manager.ensure(peer, unread, options))
    if (reached.length === 0) {
      throw new UnknownIdentityError(did)
    }
    access.receiveFrom(reached.map(({ peer }) => peer))
    const chain = await walytis.replicate(chainOf(did), { ...options, ...seams, peers: reached })
    await keyStore.put(rendezvousName(did), rendezvous)
    await keyStore.put(selfName(did), encodeSelf(member.did, device.did))
    await policy.recover(contextOf(chain))
    await sessions.detach()
    return await openGroup({ ...init, chain, access, rendezvous, remembered: peers })
  } finally {
    await sessions.detach()
  }
}

/** Those peers with which a session came about. */
async function reach(
  addresses: readonly PeerAddresses[],
  ensure: (peer: ReturnType<typeof peersIn>[number]) => Promise<Did>
): Promise<PeerAddresses[]> {
  const reached: PeerAddresses[] = []
  for (const one of addresses) {
    const [peer] = peersIn([one])
    if (peer !== undefined) {
      const device = await ensure(peer).catch(() => undefined)
      if (device !== undefined) {
        reached.push(one)
      }
    }
  }
  return reached
}

async function openGroup(init: PartsInit): Promise<GroupFacade> {
  const parts = await assembleGroup(init)
  const group = new GroupFacade(parts)
  parts.group = group
  parts.onClose(registerPrincipal(init.components.walytis, group))
  return group
}

/** Let libp2p know where these peers are. */
async function introduce(walytis: Walytis, peers: readonly PeerAddresses[]): Promise<void> {
  for (const one of peers) {
    const [peer] = peersIn([one])
    const multiaddrs = one.addresses.flatMap((address) => {
      try {
        return [multiaddr(address)]
      } catch {
        return [] // Somebody else's text: an address that can't be read is none.
      }
    })
    if (peer !== undefined && !peer.equals(walytis.peerId) && multiaddrs.length > 0) {
      await walytis.libp2p.peerStore.merge(peer, { multiaddrs })
    }
  }
}

/** Undefined when the chain is not held here. */
async function openHeld(walytis: Walytis, chain: string, options: OpenOptions): Promise<BaseBlockchain | undefined> {
  try {
    return await walytis.open(chain, options)
  } catch (error) {
    if (error instanceof Error && error.name === 'NotFoundError') {
      return undefined
    }
    throw error
  }
}

/** As whom this node took part in the group before. */
async function loadSelf(
  walytis: Walytis,
  keyStore: KeyStore,
  did: Did,
  options: GroupOptions
): Promise<Identity | Group> {
  const bytes = await keyStore.get(selfName(did))
  const decoded = bytes === undefined ? undefined : decodeCanonical(bytes, 1024)
  if (decoded === undefined || isRefused(decoded) || !isMapOf(decoded.value, ['v', 'member', 'device'])) {
    throw new UnknownIdentityError(did)
  }
  const { member, device } = decoded.value
  if (!isDid(member) || !isDid(device)) {
    throw new UnknownIdentityError(did)
  }
  const open = findPrincipal(walytis, member)
  if (open !== undefined) {
    return open as Identity | Group
  }
  return member === device
    ? loadIdentity(walytis, keyStore, member, abortOf(options))
    : loadGroup(walytis, keyStore, member, options)
}

/** The device that acts for a member on this node. */
function actorOf(member: Identity | Group): { identity: Identity; device: Device } {
  const identity = isGroup(member) ? member.device : member
  const device = deviceOf(identity)
  if (device === undefined) {
    throw new InvalidArgumentError('member', 'The member must be an identity or group that this package has opened')
  }
  return { identity, device }
}

function componentsOf(
  walytis: Walytis,
  keyStore: KeyStore,
  { now = Date.now, randomBytes = platformRandom, rotateAfter }: GroupOptions
): GroupComponents {
  return { walytis, keyStore, now, randomBytes, rotateAfter }
}

function abortOf({ signal }: AbortOptions): AbortOptions {
  return signal == null ? {} : { signal }
}

function rendezvousName(did: Did): string {
  return `${recordPrefix(did)}rendezvous`
}

function selfName(did: Did): string {
  return `${recordPrefix(did)}self`
}

function encodeSelf(member: Did, device: Did): Uint8Array {
  return encodeCanonical({ v: 1, member, device })
}
