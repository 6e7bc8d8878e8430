import type { AbortOptions } from '@libp2p/interface'
import type { DIDDocument } from 'did-resolver'
import { TypedEventEmitter } from 'main-event'
import { fromString } from 'uint8arrays/from-string'
import { toString as toText } from 'uint8arrays/to-string'
import type { BaseBlockchain, PeerAddresses, SignedBlock, Store } from 'walytis/interface'
import { EVENT_TOPIC } from '../constants.ts'
import { DecryptionError, InvalidArgumentError, NotMemberError } from '../errors.ts'
import { verifierOf } from '../events/verify.ts'
import { KeyUnavailableError } from '../group-errors.ts'
import { readAppSignature, verifyAppSignature } from '../identity/app-signature.ts'
import type { Did, HistoryEntry } from '../interface/did.ts'
import type {
  Group,
  GroupEvents,
  GroupInvitation,
  GroupInviteOptions,
  Identity,
  Member,
  RemoveOptions,
  Role
} from '../interface/group.ts'
import type { KeyStore } from '../interface/key-store.ts'
import type { Sessions } from '../interface/session.ts'
import { invitationPrefix } from '../members/admit.ts'
import { mirrorIntoDependents } from '../members/dependents.ts'
import { decodeDetails, encodeDetails, invitationKeys, TextInvitation } from '../members/invite.ts'
import type { EpochSeed } from '../members/key-messages.ts'
import { askToLeave } from '../members/leaving.ts'
import { decodeGroupAnnotation } from '../state/annotation.ts'
import type { MemberState } from '../state/membership.ts'
import { eventsBetween, type Told, tellingOf } from './changes.ts'
import { groupDocument, groupHistoryOf } from './document.ts'
import { bestOf, type GroupEpochs } from './epochs.ts'
import type { GroupParts } from './parts.ts'
import { openFromEpoch, readSealedToEpoch, sealToEpoch } from './seal.ts'

const DAY = 24 * 60 * 60 * 1000
/** Whoever uses a device link becomes a device of the user: it lives no longer than it takes to scan it. */
const LINK_TIME = 10 * 60 * 1000

/** What applications get of a group. It holds no state of its own but what it has told its listeners. */
export class GroupFacade extends TypedEventEmitter<GroupEvents> implements Group {
  readonly did: Did
  readonly #parts: GroupParts
  #told: Told
  #telling: Promise<void> = Promise.resolve()

  constructor(parts: GroupParts) {
    super()
    this.did = parts.core.did
    this.#parts = parts
    const { state, member } = parts.core
    this.#told = tellingOf(state, state, member.did)
    parts.core.onDurable(() => {
      this.#telling = this.#telling.then(() => this.#tell())
    })
    parts.onSeed = (epoch) => this.dispatchEvent(new CustomEvent('epoch:available', { detail: { epoch } }))
  }

  get blockchain(): BaseBlockchain {
    return this.#parts.core.chain
  }

  get me(): Member {
    return memberOf(this.#parts.core.me)
  }

  get device(): Identity {
    return this.#parts.core.identity
  }

  get sessions(): Sessions {
    return this.#parts.sessions
  }

  get epochs(): GroupEpochs {
    return this.#parts.epochs
  }

  get store(): Store {
    return this.#parts.store
  }

  get keyStore(): KeyStore {
    return this.#parts.core.components.keyStore
  }

  members(): Member[] {
    return [...this.#parts.core.state.members.values()].map(memberOf)
  }

  async document(): Promise<DIDDocument> {
    return groupDocument(this.#parts.core.state)
  }

  async *history(options?: AbortOptions): AsyncIterable<HistoryEntry> {
    const { core } = this.#parts
    const genesis = await core.chain.record(core.genesis, options)
    if (genesis !== undefined) {
      yield* groupHistoryOf(genesis)
    }
    for await (const record of core.chain.records({ topic: EVENT_TOPIC }, options)) {
      yield* groupHistoryOf(record)
    }
  }

  async verify(bytes: Uint8Array, signature: Uint8Array, context: string): Promise<boolean> {
    const by = readAppSignature(signature)?.by
    const device = by === undefined ? undefined : this.#parts.core.state.devices.get(by)?.device
    return device !== undefined && verifyAppSignature(device.did, device.keys, { bytes, context }, signature)
  }

  async encryptTo(bytes: Uint8Array): Promise<Uint8Array> {
    const epoch = bestOf(await this.#parts.core.stateForWriting())
    const sealed = epoch === undefined ? undefined : await sealToEpoch(this.did, epoch, bytes)
    if (sealed === undefined) {
      throw new KeyUnavailableError(this.did, epoch?.id)
    }
    return sealed
  }

  async decrypt(bytes: Uint8Array): Promise<Uint8Array> {
    const { core, seeds, epochs } = this.#parts
    const sealed = readSealedToEpoch(bytes)
    const epoch = sealed === undefined ? undefined : core.state.epochs.get(sealed.epoch)
    if (sealed === undefined || epoch === undefined) {
      throw new DecryptionError()
    }
    await epochs.obtained(epoch)
    const secrets = seeds.get(epoch)
    const opened = secrets === undefined ? undefined : await openFromEpoch(this.did, epoch.id, sealed.sealed, secrets)
    if (opened === undefined) {
      throw new DecryptionError()
    }
    return opened
  }

  async invite(options: GroupInviteOptions = {}): Promise<GroupInvitation> {
    const { core, acts, admissions } = this.#parts
    const { keyStore, now, randomBytes, walytis } = core.components
    const { uses = 1, shared = false, role = 'member', confirm, signal } = options
    const link = confirm !== undefined
    const expires = options.expires?.getTime() ?? now() + (link ? LINK_TIME : DAY)
    if (link && (uses !== 1 || shared || expires > now() + LINK_TIME)) {
      throw new InvalidArgumentError('confirm', 'A device link is for one use within ten minutes, and never shared')
    }
    const secret = randomBytes(32)
    const invitation = randomBytes(16)
    const details = {
      ...{ group: this.did, invitation, inviter: core.member.did, secret, expires, uses, shared, role, link },
      peers: await this.#peers(shared)
    }
    const name = invitationPrefix(this.did) + toText(invitation, 'hex')
    const atomic = keyStore.store === walytis.store
    if (!atomic) {
      await keyStore.put(name, encodeDetails(details))
    }
    const verifier = verifierOf(invitationKeys(secret))
    await acts.invite(
      { kind: 'invite', invitation, verifier, uses, shared, role, expires, ...(link ? { link } : {}) },
      atomic ? keyStore.sealed(name, encodeDetails(details)) : undefined,
      signal == null ? {} : { signal }
    )
    if (confirm !== undefined) {
      admissions.links.expect(toText(invitation, 'hex'), confirm)
    }
    return new TextInvitation(details)
  }

  async *invitations(): AsyncIterable<GroupInvitation> {
    const { core, admissions } = this.#parts
    for await (const name of this.keyStore.names(invitationPrefix(this.did))) {
      const bytes = await this.keyStore.get(name)
      const details = bytes === undefined ? undefined : decodeDetails(bytes)
      if (details !== undefined && !core.closed && admissions.usable(toText(details.invitation, 'hex')) !== undefined) {
        yield new TextInvitation(details)
      }
    }
  }

  async revokeInvitation(id: string): Promise<void> {
    this.#parts.admissions.links.forget(id)
    await this.#parts.acts.revokeInvitation(fromString(id, 'hex'), id)
    await this.keyStore.delete(invitationPrefix(this.did) + id)
  }

  async remove(did: Did, { planned = false, ...options }: RemoveOptions = {}): Promise<void> {
    const { core, acts, epochs, sessions } = this.#parts
    if (!core.state.members.has(did)) {
      throw new NotMemberError(this.did, did)
    }
    core.assertMay(core.state, { kind: 'remove', member: did })
    if (planned && (await askToLeave(core, sessions, did, options))) {
      // who left still knows the keys
      await epochs.current(options)
    } else {
      await acts.remove(did, options)
    }
    await mirrorIntoDependents(this)
  }

  async leave(options?: AbortOptions): Promise<void> {
    await this.#parts.acts.leave(options)
  }

  async setRole(did: Did, role: Role, options?: AbortOptions): Promise<void> {
    if (!this.#parts.core.state.members.has(did)) {
      throw new NotMemberError(this.did, did)
    }
    await this.#parts.acts.setRole(did, role, options)
  }

  async rotate(options: { reason?: 'scheduled' | 'compromise' | undefined } & AbortOptions = {}): Promise<void> {
    const { reason = 'scheduled', ...abort } = options
    await this.#parts.acts.rotate(reason, () => true, abort)
  }

  async authorOf(block: SignedBlock): Promise<Did | undefined> {
    return (await this.#annotationOf(block))?.author
  }

  async deviceOf(block: SignedBlock): Promise<Did | undefined> {
    return (await this.#annotationOf(block))?.device
  }

  /** For the factory: seeds that came with the welcome. */
  takeSeeds(seeds: readonly EpochSeed[]): Promise<void> {
    return this.#parts.takeSeeds(seeds)
  }

  /** For the factory: evidence of this node's member that a genesis had no room for. */
  mirrorOwn(): Promise<void> {
    return this.#parts.mirror()
  }

  /** For the factory: a device whose keys are new here shows them before it writes anything else. */
  async introduce(): Promise<void> {
    const { core } = this.#parts
    const known = core.state.devices.get(core.device.did)
    const writable = core.chain.complete && core.state.critical.length === 0
    if (writable && known !== undefined && known.device.key !== toText(core.device.keys.classical, 'hex')) {
      await this.#parts.mirror()
    }
  }

  async close(): Promise<void> {
    await this.#parts.close()
  }

  async #annotationOf(block: SignedBlock): ReturnType<typeof annotationIn> {
    return annotationIn(this.#parts.core.chain, block)
  }

  /** Where the invitation can be used: here; a shared one at other members' nodes too. */
  async #peers(shared: boolean): Promise<PeerAddresses[]> {
    const { walytis } = this.#parts.core.components
    const own = walytis.getMultiaddrs().map((address) => address.decapsulate('/p2p').toString())
    const peers = [{ peer: walytis.peerId.toString(), addresses: own.slice(0, 16) }]
    for (const peer of shared ? this.blockchain.getPeers().slice(0, 7) : []) {
      const known = await walytis.libp2p.peerStore.get(peer)
      const addresses = known.addresses.map(({ multiaddr }) => multiaddr.toString()).slice(0, 16)
      peers.push({ peer: peer.toString(), addresses })
    }
    return peers
  }

  async #tell(): Promise<void> {
    const { core } = this.#parts
    const writing = await core.stateForWriting().catch(() => core.state)
    const now = tellingOf(core.state, writing, core.member.did)
    const events = eventsBetween(this.#told, now)
    this.#told = now
    for (const event of events) {
      this.dispatchEvent(event)
    }
  }
}

async function annotationIn(
  chain: BaseBlockchain,
  block: SignedBlock
): Promise<{ author: Did; device: Did } | undefined> {
  const record = await chain.record(block.id)
  return record === undefined ? undefined : decodeGroupAnnotation(record.annotation)
}

function memberOf({ did, role, devices }: MemberState): Member {
  return { did, role, devices: devices.map((device) => device.did) }
}
