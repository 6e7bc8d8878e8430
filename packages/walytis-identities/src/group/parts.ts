import type { PeerId } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { CID } from 'multiformats/cid'
import type { BlockId, PeerAddresses, Store } from 'walytis/interface'
import { Admissions } from '../members/admit.ts'
import { serveNewDevices } from '../members/attach.ts'
import { addDependent } from '../members/dependents.ts'
import { KeyDelivery } from '../members/key-delivery.ts'
import type { EpochSeed } from '../members/key-messages.ts'
import { serveLeaving } from '../members/leaving.ts'
import { Mirroring } from '../members/mirroring.ts'
import type { AttachedSessions } from '../session/session-manager.ts'
import type { GroupAccess } from './access.ts'
import { GroupActs } from './acts.ts'
import { Aging } from './aging.ts'
import { type CoreInit, GroupCore } from './core.ts'
import { GroupEpochs } from './epochs.ts'
import { sessionsOf } from './node-sessions.ts'
import { meetingKeys, Seeds } from './seeds.ts'
import { GroupForSessions } from './session-group.ts'

const GROUPS_SUBLEVEL = 'walytis-identities-groups'

/** Everything that makes up an open group. */
export interface GroupParts {
  readonly core: GroupCore
  readonly seeds: Seeds
  readonly acts: GroupActs
  readonly admissions: Admissions
  readonly epochs: GroupEpochs
  readonly sessions: AttachedSessions
  readonly store: Store
  /** Set by the facade. */
  onSeed: (epoch: BlockId) => void
  /** Set by the factory: the facade. */
  group: object
  /** Take seeds that came with a welcome. */
  takeSeeds(seeds: readonly EpochSeed[]): Promise<void>
  /** Bring the chain level with what the member's own chain says. */
  mirror(): Promise<void>
  onClose(stop: () => void): void
  close(): Promise<void>
}

export interface PartsInit extends CoreInit {
  readonly access: GroupAccess
  /** The group's static key, by which members find each other. */
  readonly rendezvous: Uint8Array
  /** Where members were when last heard of. */
  readonly remembered: readonly PeerAddresses[]
}

/** Put a group together around its open chain, and let it take part. */
export async function assembleGroup(init: PartsInit): Promise<GroupParts> {
  const { components, access, rendezvous } = init
  const { keyStore, walytis } = components
  const core = new GroupCore(init)
  const seeds = new Seeds(core.did, keyStore)
  await seeds.load(core.state.epochs.values())
  const acts = new GroupActs(core, seeds)
  const fixed = (): Uint8Array => rendezvous
  const admissions = new Admissions({ core, acts, seeds, rendezvous: fixed, group: () => parts.group })
  const remembered = peersIn(init.remembered)
  const forSessions = new GroupForSessions({
    core,
    acts,
    seeds,
    admissions,
    rendezvousKeys: () => meetingKeys(core.state, seeds, rendezvous),
    remembered: () => remembered
  })
  const manager = sessionsOf(components)
  access.attach(core, {
    deviceAt: (peer) => manager.deviceAt(peer, forSessions),
    ensure: (peer, options) => manager.ensure(peer, forSessions, options),
    meetingKeys: () => meetingKeys(core.state, seeds, rendezvous)
  })
  const sessions = await manager.attach(forSessions)
  const delivery = new KeyDelivery({
    core,
    seeds,
    sessions,
    rendezvous: fixed,
    obtained: (epoch) => {
      epochs.notify()
      parts.onSeed(CID.parse(epoch.id))
    }
  })
  const epochs = new GroupEpochs(core, seeds, acts, delivery)
  const aging = new Aging(core, acts, components.rotateAfter)
  acts.onEpoch = (block) => {
    aging.begun(block.id.toString())
    const epoch = core.state.epochs.get(block.id.toString())
    if (epoch !== undefined) {
      epochs.notify()
      delivery.push(epoch)
    }
  }
  core.onJudged(() => epochs.notify())
  core.onDurable(() => {
    delivery.seek()
    aging.look()
  })
  const mirroring = new Mirroring(core, acts)
  const stops = [addDependent(init.member, mirroring), serveNewDevices(core, fixed), serveLeaving(core, acts, sessions)]
  const parts: GroupParts = {
    core,
    seeds,
    acts,
    admissions,
    epochs,
    sessions,
    store: walytis.store
      .sublevel<string, string>(GROUPS_SUBLEVEL, {})
      .sublevel<string, string>(core.chain.id, {}) as unknown as Store,
    onSeed: () => undefined,
    group: core,
    takeSeeds: (offered) => delivery.take(offered),
    mirror: () => mirroring.now(),
    onClose: (stop) => stops.push(stop),
    close: async () => {
      for (const stop of stops) {
        stop()
      }
      admissions.links.close()
      mirroring.stop()
      aging.stop()
      delivery.stop()
      core.close()
      epochs.notify()
      await sessions.detach()
      await core.chain.close()
    }
  }
  if (init.remembered.length > 0) {
    await core.chain.addPeers([...init.remembered])
  }
  mirroring.start()
  delivery.seek()
  aging.look()
  return parts
}

/** Peers by their ids; what is no peer id is left out. */
export function peersIn(addresses: readonly PeerAddresses[]): PeerId[] {
  return addresses.flatMap(({ peer }) => {
    try {
      return [peerIdFromString(peer)]
    } catch {
      return []
    }
  })
}
