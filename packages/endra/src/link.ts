/**
 * Becoming a device of a profile that exists elsewhere. Each step is recorded before the next one begins, so that calling it again with the same
 * invitation goes on where it stopped: identity → member of the user group → vault known → groups held.
 */
import type { AbortOptions } from '@libp2p/interface'
import {
  createIdentity,
  type Did,
  type Group,
  joinGroup,
  loadGroup,
  loadIdentity,
  parseGroupInvitation
} from 'walytis-identities'
import { closingOnFailure } from './closing.ts'
import { DEVICE_LINK_MS, EXCHANGE_DEADLINE_MS, PROFILE_PROTOCOL, REPLICATE_DEADLINE_MS } from './constants.ts'
import { withDeadline } from './deadline.ts'
import { AlreadyLinkedError, InvalidAnswerError } from './errors.ts'
import { formatInvitation, parseInvitation } from './invitation.ts'
import { decodeVaultAnswer, encodeVaultQuestion } from './link-protocol.ts'
import type { Node } from './node.ts'
import { addressesOf } from './peers.ts'
import type { ProfileGroups } from './profile.ts'
import type { LinkingProfile, ReadyProfile, Registry } from './registry.ts'

/** What comes of a link: the groups, open, and what the registry is to hold once the vault has been read. */
export interface Linked {
  readonly groups: ProfileGroups
  readonly entry: ReadyProfile
}

/**
 * Make this node a device of the profile that the invitation is from.
 *
 * @throws {InvitationError} when the invitation is no device link, or the inviting device refuses it
 * @throws {InvalidArgumentError} when the link shows a code and there is no `onCode`
 * @throws {AlreadyLinkedError} when this node carries the profile
 * @throws {DeadlineError} when no device of the profile answers in time
 */
export async function linkDevice(
  node: Node,
  registry: Registry,
  init: { invitation: string; deviceName: string; onCode?: ((code: string) => void) | undefined },
  options?: AbortOptions
): Promise<Linked> {
  const parsed = parseInvitation(init.invitation, 'device')
  const { title, group } = parsed
  const profile = parseGroupInvitation(group).group
  if ((await registry.find(profile, options)) !== undefined) throw new AlreadyLinkedError(profile)
  const invitation = formatInvitation(parsed)
  const begun =
    (await registry.findLink(invitation, options)) ??
    (await begin(node, registry, { invitation, deviceName: init.deviceName, name: title }, options))
  const { user, entry: joined } = await joinUser(node, registry, begun, { line: group, onCode: init.onCode }, options)
  return await closingOnFailure([user, user.device], async () => {
    const vault = joined.vault ?? (await askForVault(user, options))
    await registry.put({ ...joined, user: user.did, vault }, options)
    const vaultGroup = await withDeadline('Fetching the vault', REPLICATE_DEADLINE_MS, options, async (signal) => {
      const peers = await addressesOf(node.walytis, user.blockchain.getPeers(), { signal })
      return await loadGroup(node.walytis, node.keyStore, vault, { signal, now: node.now, member: user, peers })
    })
    const { device, name, deviceName } = joined
    return { groups: { user, vaultGroup }, entry: { step: 'ready', device, user: user.did, vault, name, deviceName } }
  })
}

async function begin(
  { walytis, keyStore }: Node,
  registry: Registry,
  init: { invitation: string; deviceName: string; name: string },
  options?: AbortOptions
): Promise<LinkingProfile> {
  const identity = await createIdentity(walytis, keyStore, options)
  const entry: LinkingProfile = { step: 'linking', device: identity.did, ...init }
  await registry.put(entry, options)
  return entry
}

/** The user group, joined now or, when the step was done before, loaded. */
async function joinUser(
  { walytis, keyStore, now }: Node,
  registry: Registry,
  entry: LinkingProfile,
  { line, onCode }: { line: string; onCode: ((code: string) => void) | undefined },
  options?: AbortOptions
): Promise<{ user: Group; entry: LinkingProfile }> {
  const device = await loadIdentity(walytis, keyStore, entry.device, options)
  const { user: known } = entry
  if (known !== undefined) {
    const load = (): Promise<Group> => loadGroup(walytis, keyStore, known, { ...options, now, member: device })
    return { entry, user: await closingOnFailure([device], load) }
  }
  try {
    // Somebody compares codes meanwhile, for as long as the link lives.
    const time = parseGroupInvitation(line).link ? DEVICE_LINK_MS + REPLICATE_DEADLINE_MS : REPLICATE_DEADLINE_MS
    const user = await withDeadline('Joining the profile', time, options, (signal) =>
      joinGroup(walytis, keyStore, device, line, { signal, now, onCode })
    )
    const joined = { ...entry, user: user.did }
    await registry.put(joined, options)
    return { entry: joined, user }
  } catch (error) {
    await device.close()
    // What is refused stays refused; anything else may go better next time, with the same identity.
    if (error instanceof Error && error.name === 'InvitationError') {
      await registry.delete(entry)
      await walytis.delete(device.blockchain.id)
    }
    throw error
  }
}

/** Ask the profile's other devices, one after the other, which vault is the profile's. */
async function askForVault(user: Group, options?: AbortOptions): Promise<Did> {
  const failures: unknown[] = []
  for (const { did } of user.members()) {
    if (did === user.device.did) continue
    try {
      return await withDeadline('Asking for the vault', EXCHANGE_DEADLINE_MS, options, (signal) =>
        ask(user, did, signal)
      )
    } catch (error) {
      options?.signal?.throwIfAborted()
      failures.push(error)
    }
  }
  throw failures.at(-1) ?? new InvalidAnswerError('nobody-to-ask')
}

async function ask(user: Group, device: Did, signal: AbortSignal): Promise<Did> {
  const channel = await user.sessions.open(device, PROFILE_PROTOCOL, { signal })
  await channel.send(encodeVaultQuestion(), { signal })
  await channel.close({ signal })
  for await (const message of channel.messages()) {
    const decoded = decodeVaultAnswer(message)
    if (!decoded.ok) throw new InvalidAnswerError(decoded.rule)
    return decoded.value
  }
  throw new InvalidAnswerError('no-answer')
}
