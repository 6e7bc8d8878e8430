import type { AbortOptions } from '@libp2p/interface'
import { verifyRawBlock } from 'walytis'
import type { PeerAddresses, RawBlock } from 'walytis/interface'
import { didOf } from '../did.ts'
import { decodeCanonical, encodeCanonical, isBytes, isMapOf, isRefused } from '../encoding/canonical.ts'
import type { GroupCore } from '../group/core.ts'
import type { Did } from '../interface/did.ts'
import type { Group, Identity } from '../interface/group.ts'
import type { EpochSecret, GuestKey, SessionDevice, SessionGroup } from '../session/seams.ts'
import { readPeers } from './invite.ts'
import { evidenceOf, isGroup } from './mirror.ts'

/**
 * How a device gets into the groups of its user: it asks another device of the user, over their user's own sessions, where and how the
 * group's members find each other; then it shows its user's blocks to whomever it reaches there.
 */

/** What one device of a user tells another about a group of theirs. */
export interface Entrance {
  readonly rendezvous: Uint8Array
  readonly peers: readonly PeerAddresses[]
}

const LIMIT = 64 * 1024
const ANSWER_TIMEOUT = 10_000

function protocolFor(group: Did): string {
  return `walytis-identities/enter/${group}`
}

/** Tell the user's other devices the way into this group. Returns what stops it. */
export function serveNewDevices(core: GroupCore, rendezvous: () => Uint8Array): () => void {
  const { member } = core
  if (!isGroup(member)) {
    return () => undefined
  }
  return member.sessions.handle(protocolFor(core.did), async (channel) => {
    if (core.present) {
      const { walytis } = core.components
      const addresses = walytis.getMultiaddrs().map((address) => address.decapsulate('/p2p').toString())
      const peers = [{ peer: walytis.peerId.toString(), addresses: addresses.slice(0, 16) }]
      await channel.send(encodeCanonical({ v: 1, rendezvous: rendezvous(), peers }))
    }
    await channel.close()
  })
}

/** Ask the user's other devices for the way into a group. Undefined when none that is reached knows it. */
export async function askForEntrance(
  member: Group,
  group: Did,
  options: AbortOptions = {}
): Promise<Entrance | undefined> {
  const others = member
    .members()
    .flatMap(({ devices }) => devices)
    .filter((device) => device !== member.device.did)
  const connected = new Set(member.sessions.connected())
  for (const device of others.sort((a, b) => Number(connected.has(b)) - Number(connected.has(a)))) {
    try {
      const entrance = await askOne(member, device, group, options)
      if (entrance !== undefined) {
        return entrance
      }
    } catch {
      options.signal?.throwIfAborted()
    }
  }
  return undefined
}

async function askOne(member: Group, device: Did, group: Did, { signal }: AbortOptions): Promise<Entrance | undefined> {
  const timeout = AbortSignal.timeout(ANSWER_TIMEOUT)
  const options = { signal: signal == null ? timeout : AbortSignal.any([signal, timeout]) }
  const channel = await member.sessions.open(device, protocolFor(group), options)
  const abort = (): void => channel.abort(new TypeError('no answer in time'))
  options.signal.addEventListener('abort', abort, { once: true })
  try {
    for await (const bytes of channel.messages()) {
      await channel.close(options)
      return readEntrance(bytes)
    }
    return undefined
  } finally {
    options.signal.removeEventListener('abort', abort)
  }
}

function readEntrance(bytes: Uint8Array): Entrance | undefined {
  const decoded = decodeCanonical(bytes, LIMIT)
  if (isRefused(decoded) || !isMapOf(decoded.value, ['v', 'rendezvous', 'peers'])) {
    return undefined
  }
  const { v, rendezvous } = decoded.value
  const peers = readPeers(decoded.value.peers)
  return v === 1 && isBytes(rendezvous, 32) && peers !== undefined ? { rendezvous, peers } : undefined
}

/**
 * A group whose chain is not here yet, as sessions see it: this side shows who it is; whom it meets can't be judged before the chain is here,
 * and gets nothing.
 */
export class UnreadGroup implements SessionGroup {
  readonly did: Did
  readonly device: SessionDevice
  readonly #member: Identity | Group
  readonly #rendezvous: Uint8Array
  readonly #met = new Map<Did, Did>()

  constructor(did: Did, device: SessionDevice, member: Identity | Group, rendezvous: Uint8Array) {
    this.did = did
    this.device = device
    this.#member = member
    this.#rendezvous = rendezvous
  }

  rendezvousKeys(): readonly Uint8Array[] {
    return [this.#rendezvous]
  }

  memberOf(device: Did): Did | undefined {
    return this.#met.get(device)
  }

  devicesOf(): readonly Did[] {
    return []
  }

  async present(device: Did, evidence: RawBlock[]): Promise<Did | undefined> {
    const [first] = evidence
    const verified = first === undefined ? undefined : verifyRawBlock(first)
    this.#met.set(device, verified?.ok === true ? didOf(verified.block.chain ?? verified.block.id) : device)
    return this.#met.get(device)
  }

  evidence(): Promise<RawBlock[]> {
    return evidenceOf(this.#member)
  }

  epochSecrets(): readonly EpochSecret[] {
    return []
  }

  guestKeys(): readonly GuestKey[] {
    return []
  }

  async acceptGuest(): Promise<void> {}

  peers(): readonly [] {
    return []
  }

  watch(): () => void {
    return () => undefined
  }
}
