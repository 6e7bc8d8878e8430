import { withBitswap } from '@helia/bitswap'
import { withLibp2pLight } from '@helia/libp2p'
import type { AbortOptions, Libp2p, PeerId } from '@libp2p/interface'
import { isPeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { LevelDatastore } from 'datastore-level'
import { createHeliaLight, type Helia } from 'helia'
import { CustomProgressEvent } from 'progress-events'
import { parseBlockId } from './block/id.ts'
import { createChainFactory } from './chain-factory.ts'
import { NodeNetwork } from './chain-network.ts'
import { ClosedError, InvalidBlockError, InvitationError, ListenError, UnreachableError } from './errors.ts'
import { inTurn } from './in-turn.ts'
import type {
  AccessControl,
  BaseBlockchain,
  BlockId,
  ChainSettings,
  ChainSummary,
  CreateOptions,
  Invitation,
  JoinOptions,
  JoinSeams,
  OpenOptions,
  ReplicateOptions,
  Store,
  Walytis
} from './interface/index.ts'
import { libp2pOptions, listenAddress } from './libp2p-options.ts'
import { ACCESS_KEY_BYTES, AccessKeys, createStaticAccess, publicAccessKey } from './membership/access.ts'
import { Admissions } from './membership/admissions.ts'
import { peerOf } from './membership/bootstrap.ts'
import { Doorman } from './membership/doorman.ts'
import { decodeInvitation } from './membership/invitation.ts'
import { InvitationStore } from './membership/invitation-store.ts'
import { abandoned, JoinRecords } from './membership/join-records.ts'
import { replicate } from './membership/replicate.ts'
import { Sources } from './membership/sources.ts'
import { ed25519Of, loadNodeKey, nodeSigner } from './node-key.ts'
import { DEFAULT_POLICY } from './policy.ts'
import { BITSWAP_LIMITS, publicBlocks } from './public-blocks.ts'
import { random, randomBytes } from './randomness.ts'
import { RelayUse } from './relays.ts'
import { forget, type Running, shutDown, withStop } from './running.ts'
import { openStore, storeError } from './storage/open-store.ts'
import { checkStoreVersion } from './storage/version.ts'
import { platformTimers } from './timers.ts'
import { DEFAULT_LISTEN } from './transports.ts'
import type { WalytisInit } from './walytis-init.ts'

export type { WalytisInit } from './walytis-init.ts'

/**
 * Start a node.
 *
 * @throws {InvalidArgumentError} when an address is no multiaddr
 * @throws {ListenError} when it can't listen where it is told to
 * @throws {StoreLockedError} when another process holds the folder
 * @throws {StoreCorruptError} when what is stored is damaged
 * @throws {StoreVersionError} when a newer version has written it
 */
export async function createWalytis(init: WalytisInit = {}): Promise<Walytis> {
  const node = new WalytisNode(init)
  await node.start()
  return node
}

class WalytisNode implements Walytis {
  private readonly init: WalytisInit
  private readonly now: () => number
  private state: Promise<Running> | undefined
  private running: Running | undefined

  constructor(init: WalytisInit) {
    this.init = init
    this.now = init.now ?? Date.now
  }

  get helia(): Helia {
    return this.open_().helia
  }

  get libp2p(): Libp2p {
    return this.open_().helia.libp2p
  }

  get peerId(): PeerId {
    return this.libp2p.peerId
  }

  get store(): Store {
    return this.open_().store
  }

  getMultiaddrs(): Multiaddr[] {
    return this.libp2p.getMultiaddrs()
  }

  async create(init: CreateOptions = {}): Promise<BaseBlockchain> {
    const { factory, network, accessKeys, signer } = this.open_()
    const key = randomBytes(ACCESS_KEY_BYTES)
    const access = init.accessControl === undefined ? (init.access ?? 'invite') : 'custom'
    const managed = await factory.create(
      {
        ...(init.name === undefined ? {} : { name: init.name }),
        signer: init.signer ?? signer,
        policy: init.policy,
        genesis: init.genesis,
        access,
        layers: init.layers,
        accessControl:
          init.accessControl ?? ((id) => createStaticAccess(access === 'public' ? publicAccessKey(id) : key)),
        batch: (id) => [
          ...(access === 'invite' ? [accessKeys.put(id.toString(), key)] : []),
          ...(init.batch?.(id) ?? [])
        ]
      },
      init
    )
    await network.attach(managed)
    return managed.blockchain
  }

  async join(invitation: string | Invitation, options: JoinOptions & JoinSeams = {}): Promise<BaseBlockchain> {
    const { factory, signer, doorman, accessKeys, joins, stopping } = this.open_()
    const details = decodeInvitation(invitation.toString())
    const id = details.chain.toString()
    if (await factory.has(id)) return this.openToJoin(id, options)
    const admitted = (await joins.get(id)) === undefined ? undefined : await accessKeys.get(id)
    options.onProgress?.(new CustomProgressEvent('walytis:join:blocks', { phase: 'asking', received: 0, expected: 0 }))
    // who was admitted before goes on, also when who admitted it is gone
    const key =
      admitted ?? (await doorman.request(details, options.signer ?? signer, { signal: withStop(options, stopping) }))
    const peers = [{ peer: details.peer, addresses: details.addresses.map((address) => address.toString()) }]
    try {
      return await this.receive(id, { ...options, peers, accessControl: createStaticAccess(key) }, [
        accessKeys.put(id, key)
      ])
    } catch (cause) {
      if (cause instanceof InvalidBlockError) throw new InvitationError('forged', { cause })
      if (cause instanceof UnreachableError) throw new InvitationError('unreachable', { cause })
      throw cause
    }
  }

  async replicate(id: string, options: ReplicateOptions): Promise<BaseBlockchain> {
    const { factory } = this.open_()
    if (await factory.has(id)) return this.openToJoin(id, options)
    const accessControl = options.accessControl ?? createStaticAccess(publicAccessKey(parseBlockId(id)))
    return this.receive(id, { ...options, accessControl }, [])
  }

  async open(id: string, options: OpenOptions = {}): Promise<BaseBlockchain> {
    const { factory, network, accessKeys, signer, joins } = this.open_()
    const { policy } = options
    const record = (await factory.status(id)) === 'partial' ? await joins.get(id) : undefined
    let sources: Sources | undefined
    const accessControl = async (chain: BlockId, settings: ChainSettings): Promise<AccessControl> => {
      const access = options.accessControl ?? (await accessKeys.accessTo(chain, settings))
      if (record === undefined) return access
      sources = new Sources(access, record.named, platformTimers().now)
      return sources
    }
    const managed = await factory.open(id, { signer: options.signer ?? signer, accessControl, policy }, options)
    await network.attach(managed, sources)
    return managed.blockchain
  }

  /** A chain that is to be joined and is here already, perhaps not all of it. */
  private async openToJoin(id: string, options: JoinOptions & OpenOptions): Promise<BaseBlockchain> {
    const chain = await this.open(id, options)
    const receiver = this.open_().network.receptions.get(id)
    if (options.until === 'begun' || receiver === undefined) return chain
    await receiver.until('complete', { signal: withStop(options, this.open_().stopping) })
    await this.open_().network.receptions.settled(id)
    return chain
  }

  async *list(options: AbortOptions = {}): AsyncIterable<ChainSummary> {
    yield* this.open_().factory.list(options)
  }

  async delete(id: string, options: AbortOptions = {}): Promise<void> {
    const { network, factory } = this.open_()
    network.detach(id)
    await factory.delete(id, options)
    await forget(id, this.open_())
  }

  async dial(peer: PeerId | Multiaddr | Multiaddr[], options: AbortOptions = {}): Promise<void> {
    const { network, helia } = this.open_()
    if (isPeerId(peer)) await network.dial(peer, options)
    else await helia.libp2p.dial(peer, options)
  }

  async start(): Promise<void> {
    this.state ??= this.launch()
    try {
      this.running = await this.state
    } catch (error) {
      this.state = undefined
      throw error
    }
  }

  async stop(): Promise<void> {
    const { state } = this
    if (state === undefined) return
    this.state = undefined
    this.running = undefined
    await shutDown(await state, this.ownsStore)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  private get ownsStore(): boolean {
    return this.init.storage === undefined || typeof this.init.storage === 'string'
  }

  private open_(): Running {
    if (this.running === undefined) throw new ClosedError('node')
    return this.running
  }

  private async receive(
    id: string,
    options: ReplicateOptions & { accessControl: AccessControl },
    batch: ReturnType<AccessKeys['put']>[]
  ): Promise<BaseBlockchain> {
    const running = this.open_()
    const { factory, network, signer, joins, stopping } = running
    const { peers, policy } = options
    const named = peers.map(({ peer }) => peer)
    const seams = { signer: options.signer ?? signer, accessControl: options.accessControl, policy }
    const received = replicate(
      {
        factory,
        id,
        seams,
        named,
        now: platformTimers().now,
        batch: [...batch, joins.put(id, { named, since: this.now() })],
        completion: [joins.removal(id)],
        stage: (stage, sources) => network.stage(stage, sources, (policy ?? DEFAULT_POLICY).name, peers),
        unstage: (keep) => network.unstage(id, keep),
        forget: () => forget(id, running)
      },
      { ...options, signal: withStop(options, stopping) }
    )
    running.receiving.add(received)
    const managed = await received.finally(() => running.receiving.delete(received))
    await network.attach(managed)
    return managed.blockchain
  }

  private async launch(): Promise<Running> {
    const { storage } = this.init
    const store = typeof storage === 'object' ? storage : await openStore(storage)
    let helia: (Helia & { libp2p: Libp2p }) | undefined
    try {
      return await this.assemble(store, (made) => {
        helia = made
      })
    } catch (error) {
      // what fails on the way out matters less than why
      await inTurn([async () => helia?.stop(), async () => (this.ownsStore ? store.close() : undefined)])
      throw storeError(store, error)
    }
  }

  private async assemble(store: Store, made: (helia: Helia & { libp2p: Libp2p }) => void): Promise<Running> {
    const { init, now } = this
    if (store.status !== 'open') await store.open()
    // before anything is written into what a newer version may understand differently
    await checkStoreVersion(store)
    const privateKey =
      init.libp2p?.privateKey === undefined ? await loadNodeKey(store) : ed25519Of(init.libp2p.privateKey)
    const listen = (init.listen ?? DEFAULT_LISTEN).map(listenAddress)
    const views = { keyEncoding: 'utf8', valueEncoding: 'view' } as const
    let network: NodeNetwork | undefined
    const relayUse = new RelayUse((peer) => network?.acquaintance(peer))
    const light = withLibp2pLight(
      createHeliaLight({
        datastore: new LevelDatastore(store.sublevel<string, Uint8Array>('libp2p', views) as never),
        blockstore: publicBlocks(store, async (cid) => network?.published(cid))
      }),
      libp2pOptions({
        privateKey,
        listen,
        mdns: init.discovery?.mdns ?? true,
        serviceTag: init.discovery?.mdnsServiceTag,
        relay: init.relay === true ? {} : init.relay || undefined,
        relayUse,
        found: (peer, addresses) => network?.found(peer, addresses),
        overrides: init.libp2p ?? {}
      })
    )
    const helia: Helia & { libp2p: Libp2p } = withBitswap(light, BITSWAP_LIMITS)
    made(helia)
    try {
      await helia.start()
    } catch (cause) {
      throw isListenFailure(cause) ? new ListenError(listen, { cause }) : cause
    }
    const { libp2p } = helia
    const invitations = new InvitationStore(store)
    const accessKeys = new AccessKeys(store)
    const joins = new JoinRecords(store)
    const admissions: Admissions = new Admissions({
      invitations,
      now,
      randomBytes,
      self: () => ({
        peer: libp2p.peerId.toString(),
        addresses: libp2p.getMultiaddrs().map((address) => address.decapsulate('/p2p'))
      }),
      // who has not all of the chain can't know what was revoked in it
      chain: (id) => (network?.chain(id)?.isPartial() === false ? network.chain(id)?.blockchain : undefined),
      accessKey: async ({ id, settings }) =>
        settings.access === 'public' ? publicAccessKey(parseBlockId(id)) : accessKeys.get(id)
    })
    const bootstrap = (init.bootstrap ?? []).map(peerOf)
    network = new NodeNetwork({
      libp2p,
      store,
      bootstrap: bootstrap.map(({ id }) => id),
      admissions: () => admissions,
      joined: (peer) => relayUse.consider(peer),
      fetchAhead: init.fetchAhead ?? 0,
      completion: (id) => [joins.removal(id)],
      discard: (id) => this.delete(id),
      now,
      random,
      randomBytes
    })
    const factory = await createChainFactory({ store, network, now, randomBytes, durability: init.durability })
    const doorman = new Doorman({ libp2p, now, randomBytes, admit: (...request) => admissions.admit(...request) })
    for (const { id, address } of bootstrap) await libp2p.peerStore.merge(id, { multiaddrs: [address] })
    await doorman.start()
    await network.start()
    const [signer, stopping] = [nodeSigner(privateKey), new AbortController()]
    const running = { store, helia, network, factory, doorman, accessKeys, invitations, joins }
    for (const id of await abandoned(factory, joins, now)) {
      await factory.delete(id)
      await forget(id, running)
    }
    return { ...running, signer, stopping, receiving: new Set() }
  }
}

function isListenFailure(error: unknown): boolean {
  return error instanceof Error && error.name === 'UnsupportedListenAddressesError'
}
