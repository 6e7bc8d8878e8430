import type { PeerId } from '@libp2p/interface'
import { randomBytes } from '@noble/hashes/utils.js'
import type { RawBlock } from 'walytis/interface'
import { type Device, deviceOf } from '../../src/device.ts'
import { verifyIdentityEvidence } from '../../src/identity/verify-evidence.ts'
import { createIdentity } from '../../src/identity.ts'
import type { Did } from '../../src/interface/did.ts'
import type { Channel } from '../../src/interface/session.ts'
import { defaultSuite } from '../../src/keys/suite.ts'
import { SESSION_LIMITS, type SessionLimits } from '../../src/session/connector.ts'
import type { EpochSecret, GuestKey, SessionGroup } from '../../src/session/seams.ts'
import { createSessionManager, type SessionManager } from '../../src/session/session-manager.ts'
import { bareDid } from './handshake.ts'
import { type TestNode, testNode } from './nodes.ts'

/** The membership of a group, as one side knows it: a table that tests write. The rest of `SessionGroup` as the contract says. */
export class TableGroup implements SessionGroup {
  readonly did: Did
  readonly device: Device
  readonly members = new Map<Did, Did>()
  /** Devices whose evidence (the name of it, in a raw block) makes them one of a member. */
  readonly provable = new Map<string, Did>()
  keys: Uint8Array[]
  epochs: EpochSecret[] = []
  guests: GuestKey[] = []
  nodes: PeerId[] = []
  presented = 0
  ownEvidence: RawBlock[] = []
  guest: (channel: Channel, invitation: string) => Promise<void> = async () => undefined
  readonly latest = new Map<Did, string>()
  readonly #listeners = new Set<() => void>()

  constructor(name: string, device: Device, keys: Uint8Array[] = [new Uint8Array(32).fill(name.length)]) {
    this.did = bareDid(name)
    this.device = device
    this.keys = keys
  }

  /** Change the table, and say so. */
  change(work: () => void): void {
    work()
    for (const listener of this.#listeners) {
      listener()
    }
  }

  rendezvousKeys(): readonly Uint8Array[] {
    return this.keys
  }
  memberOf(device: Did): Did | undefined {
    return this.members.get(device)
  }
  devicesOf(member: Did): readonly Did[] {
    return [...this.members].filter(([, one]) => one === member).map(([device]) => device)
  }
  async present(device: Did, evidence: RawBlock[]): Promise<Did | undefined> {
    this.presented++
    const member = evidence.map(({ block }) => this.provable.get(new TextDecoder().decode(block)))[0]
    if (member !== undefined) {
      this.change(() => this.members.set(device, member))
    }
    return member
  }
  latestKeyEvent(device: Did): string | undefined {
    return this.latest.get(device)
  }
  async evidence(): Promise<RawBlock[]> {
    return this.ownEvidence
  }
  epochSecrets(): readonly EpochSecret[] {
    return this.epochs
  }
  guestKeys(): readonly GuestKey[] {
    return this.guests
  }
  acceptGuest(channel: Channel, invitation: string): Promise<void> {
    return this.guest(channel, invitation)
  }
  peers(): readonly PeerId[] {
    return this.nodes
  }
  watch(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}

export interface SessionNode extends TestNode {
  readonly device: Device
  readonly manager: SessionManager
  readonly peer: PeerId
}

/** A node with a device and its session manager. */
export async function sessionNode(limits: Partial<SessionLimits> = {}): Promise<SessionNode> {
  const node = await testNode()
  const device = deviceOf(await createIdentity(node.walytis, node.keyStore))
  if (device === undefined) {
    throw new TypeError('an identity of this package has a device')
  }
  const components = {
    libp2p: node.walytis.libp2p,
    now: () => performance.now(),
    randomBytes,
    suite: defaultSuite,
    verifyEvidence: verifyIdentityEvidence
  }
  const manager = createSessionManager(components, { ...SESSION_LIMITS, ...limits })
  return { ...node, device, manager, peer: node.walytis.peerId }
}

/** A group whose members are these nodes' devices, on each node, connected. */
export async function groupOf(name: string, nodes: readonly SessionNode[]): Promise<TableGroup[]> {
  const groups = nodes.map(({ device }) => new TableGroup(name, device))
  for (const group of groups) {
    for (const { device } of nodes) {
      group.members.set(device.did, device.did)
    }
    group.nodes = nodes.map(({ peer }) => peer).filter((_, index) => nodes[index]?.device !== group.device)
  }
  return groups
}

/** Connect the first node with all others; resolves once both sides know of the connection. */
export async function connectNodes([first, ...others]: readonly SessionNode[]): Promise<void> {
  for (const other of others) {
    if (first === undefined) {
      return
    }
    const { libp2p } = other.walytis
    const seen = new Promise<void>((resolve) => {
      libp2p.addEventListener('connection:open', () => {
        if (libp2p.getConnections(first.peer).some(({ status }) => status === 'open')) {
          resolve()
        }
      })
    })
    await first.walytis.dial(other.walytis.getMultiaddrs())
    if (libp2p.getConnections(first.peer).length === 0) {
      await seen
    }
  }
}

/** The text of a message. */
export const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
