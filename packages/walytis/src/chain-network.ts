import type { AbortOptions, Libp2p, PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { CID } from 'multiformats/cid'
import type { StagedChain } from './chain-factory.ts'
import { ContentExchange } from './content/exchange.ts'
import { libp2pContentHost } from './content/host.ts'
import { InvalidArgumentError, NotFoundError } from './errors.ts'
import type {
  BatchOperation,
  BlockId,
  Invitation,
  InviteOptions,
  PeerAddresses,
  Store,
  SyncOptions,
  SyncResult
} from './interface/index.ts'
import type { Admissions } from './membership/admissions.ts'
import { Dialer } from './membership/dialer.ts'
import { connectDirectly } from './membership/direct.ts'
import { NamedPeers } from './membership/named-peers.ts'
import { AddressBook, parseAddresses, parsePeerId } from './membership/peers.ts'
import type { Receiver } from './membership/receiver.ts'
import { Receptions } from './membership/receptions.ts'
import type { Sources } from './membership/sources.ts'
import type { Acquaintance } from './relays.ts'
import type { ChainNetwork, FetchOptions, ManagedChain } from './replica.ts'
import type { ChainEntry } from './sync/chain-entry.ts'
import { libp2pHost } from './sync/host.ts'
import { MAX_LIVE_PARTNERS, MAX_RECORDS_PER_MESSAGE } from './sync/limits.ts'
import { SyncNetwork } from './sync/network.ts'
import { platformTimers } from './timers.ts'

export interface NodeNetworkInit {
  readonly libp2p: Libp2p
  readonly store: Store
  /** Peers that are dialled whether or not they are known for a chain. */
  readonly bootstrap: readonly PeerId[]
  readonly admissions: () => Admissions
  /** A peer takes part in a chain, too. */
  joined(peer: PeerId): void
  /** Larger contents of up to this many bytes are fetched before anybody asks for them. */
  readonly fetchAhead: number
  /** Rows to be written when all of a chain has come. */
  completion(chain: string): BatchOperation[]
  /** Forget a chain that turned out forged. */
  discard(chain: string): Promise<void>
  readonly now: () => number
  readonly random: () => number
  readonly randomBytes: (length: number) => Uint8Array
}

/**
 * The network side of a node's chains: who takes part, who is remembered and dialled, and what the chains' facades ask for.
 * Made by `createWalytis`.
 */
export class NodeNetwork implements ChainNetwork {
  readonly book: AddressBook
  private readonly init: NodeNetworkInit
  private readonly streams: SyncNetwork
  private readonly contents: ContentExchange
  private readonly dialer: Dialer
  private readonly managed = new Map<string, ManagedChain>()
  readonly receptions: Receptions

  constructor(init: NodeNetworkInit) {
    const { libp2p, store, now, random, randomBytes } = init
    this.init = init
    this.book = new AddressBook(store, now, (peer) => void this.inBackground(named.dropped(peer)))
    const timers = platformTimers()
    const named = new NamedPeers({
      libp2p,
      book: this.book,
      isOpen: (chain) => this.isOpen(chain),
      suggest: (peer) => this.dialer.suggest(peer),
      connectedAt: (peer) => libp2p.getConnections(peer).map(({ remoteAddr }) => remoteAddr),
      isKnown: (peer) => this.acquaintance(peer) !== undefined
    })
    this.streams = new SyncNetwork({
      host: libp2pHost(libp2p),
      timers,
      random,
      randomBytes,
      joined: (chain, peer) => void this.inBackground(this.takeJoined(chain, peer)),
      records: (chain, records, from) => void this.inBackground(named.take(chain, records, from))
    })
    this.contents = new ContentExchange({
      host: libp2pContentHost(libp2p),
      timers: timers,
      random,
      log: libp2p.logger.forComponent('walytis:content'),
      fetchAhead: init.fetchAhead,
      punish: (peer) => this.streams.punish(peer)
    })
    this.receptions = new Receptions({
      streams: this.streams,
      timers,
      completion: (id) => init.completion(id),
      discard: (id) => init.discard(id),
      dialPeers: (id) => this.dialPeers(id),
      inBackground: (work) => this.inBackground(work)
    })
    this.dialer = new Dialer({
      dial: (peer, options) => this.dial(peer, options),
      isConnected: (peer) => libp2p.getConnections(peer).length > 0,
      isWanted: (peer) => this.isWanted(peer),
      failed: (peer, failures) => void this.inBackground(named.failed(peer, failures)),
      now: timers.now,
      random
    })
  }

  async start(): Promise<void> {
    const { libp2p, bootstrap } = this.init
    await this.streams.start()
    await this.contents.start()
    libp2p.addEventListener('peer:disconnect', this.onDisconnect)
    libp2p.addEventListener('peer:identify', this.onIdentify)
    for (const peer of bootstrap) this.dialer.want(peer)
  }

  async stop(): Promise<void> {
    const { libp2p } = this.init
    libp2p.removeEventListener('peer:disconnect', this.onDisconnect)
    libp2p.removeEventListener('peer:identify', this.onIdentify)
    this.dialer.stop()
    await this.contents.stop()
    this.receptions.stop()
    await this.streams.stop()
  }

  /**
   * A chain that this node holds takes part from now on.
   *
   * @param sources of a chain that is opened while it is still being received
   */
  async attach(chain: ManagedChain, sources?: Sources): Promise<void> {
    const { replica, blockchain } = chain
    if (this.managed.has(blockchain.id)) return
    this.managed.set(blockchain.id, chain)
    const entry =
      this.streams.entry(blockchain.id) ?? this.streams.add({ id: blockchain.id, replica, access: replica.access })
    this.contents.add({
      id: blockchain.id,
      files: chain.files,
      partners: () => entry.peers,
      permits: (peer) => this.streams.permits(blockchain.id, peer),
      onBlocks: (listener) => replica.onAccepted(listener)
    })
    for (const peer of entry.peers) chain.notify({ type: 'peer:joined', peer })
    entry.listen((notice) => {
      if (notice.type === 'joined') {
        chain.notify({ type: 'peer:joined', peer: notice.peer })
        this.contents.wake(blockchain.id)
      } else if (notice.type === 'left') {
        chain.notify({ type: 'peer:left', peer: notice.peer })
        void this.inBackground(this.dialPeers(blockchain.id))
      } else if (notice.type === 'compared' && notice.level) {
        void this.inBackground(this.tellLevel(chain, notice.peer))
      }
    })
    this.receptions.follow(chain, entry, sources)
    await this.dialPeers(blockchain.id)
  }

  /** Receive a chain that is not held yet. */
  async stage(stage: StagedChain, sources: Sources, policy: string, peers: PeerAddresses[]): Promise<Receiver> {
    const { replica } = stage
    const id = replica.chain.toString()
    const entry = this.streams.add({ id, replica, access: sources })
    const receiver = this.receptions.begin(entry, sources, policy, () => stage.settings !== undefined)
    for (const { peer, addresses } of peers) await this.book.remember(id, peer, addresses)
    await this.dialPeers(id)
    return receiver
  }

  /** The stage is over; with `keep` it goes on as a held chain. */
  unstage(id: string, keep: boolean): void {
    if (!keep) this.detach(id)
    else if (this.receptions.get(id)?.isComplete === true) this.receptions.end(id)
  }

  /** The chain takes part no longer. */
  detach(id: string): void {
    this.receptions.end(id)
    this.managed.delete(id)
    this.contents.remove(id)
    this.streams.remove(id)
  }

  chain(id: string): ManagedChain | undefined {
    return this.managed.get(id)
  }

  chains(): Iterable<ManagedChain> {
    return this.managed.values()
  }

  /** What a public chain that is open has under a CID. */
  async published(cid: CID): Promise<Uint8Array | undefined> {
    for (const chain of this.managed.values()) {
      const found = await chain.published(cid)
      if (found !== undefined) return found
    }
    return undefined
  }

  /** A peer was found on the local network: dial it when it is a peer of an open chain. */
  found(peer: PeerId, addresses: readonly Multiaddr[]): void {
    void this.inBackground(this.takeFound(peer, addresses))
  }

  peers(id: string): PeerId[] {
    return this.streams.entry(id)?.peers ?? []
  }

  async sync(id: string, options: SyncOptions = {}): Promise<SyncResult> {
    const entry = this.entry(id)
    const known = await this.book.list(id)
    const remembered = known.flatMap(({ peer }) => parsePeerId(peer) ?? []).slice(0, MAX_LIVE_PARTNERS)
    const all = new Map([...entry.peers, ...remembered].map((peer) => [peer.toString(), peer]))
    const peers = options.peer === undefined ? [...all.values()] : [options.peer]
    const result = await this.streams.sync(entry, peers, (peer, dialOptions) => this.dial(peer, dialOptions), options)
    await this.receptions.settled(id)
    return { ...result, level: result.level && this.managed.get(id)?.isPartial() === false }
  }

  invite(id: string, options?: InviteOptions): Promise<Invitation> {
    return this.init.admissions().invite(this.held(id).blockchain, options)
  }

  invitations(id: string): AsyncIterable<Invitation> {
    return this.init.admissions().list(id)
  }

  revokeInvitation(id: string, invitation: string): Promise<void> {
    return this.init.admissions().revoke(this.held(id).blockchain, invitation)
  }

  async addPeers(id: string, peers: PeerAddresses[]): Promise<void> {
    for (const { peer, addresses } of peers) {
      const parsed = parsePeerId(peer)
      if (parsed === undefined) throw new InvalidArgumentError('peer', `${peer} is not a peer id`)
      await this.book.remember(id, peer, addresses)
      this.dialer.want(parsed)
    }
  }

  async fetch(id: string, block: BlockId, options?: FetchOptions): Promise<void> {
    await this.contents.fetch(id, block, options)
  }

  async closed(id: string): Promise<void> {
    this.detach(id)
  }

  /** Connect to a peer by all addresses known for it. */
  async dial(peer: PeerId, options: AbortOptions): Promise<void> {
    const { libp2p } = this.init
    const name = peer.toString()
    const texts = new Set<string>()
    for (const id of this.openIds()) {
      for (const known of await this.book.list(id))
        if (known.peer === name) known.addresses.forEach((text) => void texts.add(text))
    }
    const multiaddrs = parseAddresses([...texts])
    if (multiaddrs.length > 0) await libp2p.peerStore.merge(peer, { multiaddrs }, options)
    await libp2p.dial(peer, options)
  }

  private async tellLevel(chain: ManagedChain, peer: PeerId): Promise<void> {
    await this.receptions.settled(chain.blockchain.id)
    if (chain.isPartial()) return
    chain.notify({ type: 'sync:level', result: { level: true, peers: [{ peer, level: true }], missed: [] } })
  }

  private isOpen(id: string): boolean {
    return this.managed.has(id) || this.receptions.get(id) !== undefined
  }

  private openIds(): string[] {
    return [...new Set([...this.managed.keys(), ...this.receptions.ids])]
  }

  private entry(id: string): ChainEntry {
    const entry = this.streams.entry(id)
    if (entry === undefined) throw new NotFoundError('chain', id)
    return entry
  }

  private held(id: string): ManagedChain {
    const chain = this.managed.get(id)
    if (chain === undefined) throw new NotFoundError('chain', id)
    return chain
  }

  /** What the node has to do with a peer. */
  acquaintance(peer: PeerId): Acquaintance {
    const name = peer.toString()
    if (this.init.bootstrap.some((known) => known.equals(peer))) return 'named'
    return this.openIds().some((id) => this.book.has(id, name)) ? 'peer' : undefined
  }

  private async takeJoined(id: string, peer: PeerId): Promise<void> {
    await this.remember(id, peer, true)
    this.init.joined(peer)
    await connectDirectly(this.init.libp2p, peer)
  }

  private isWanted(peer: PeerId): boolean {
    const name = peer.toString()
    if (this.streams.isBanned(name)) return false
    if (this.init.bootstrap.some((known) => known.equals(peer))) return true
    for (const id of this.openIds()) {
      // one peer at a time sends a chain that is being received
      const isShort = this.receptions.get(id)?.sources.isFree ?? this.peers(id).length < MAX_LIVE_PARTNERS
      if (isShort && this.book.has(id, name)) return true
    }
    return false
  }

  private async dialPeers(id: string): Promise<void> {
    for (const { peer } of await this.book.list(id)) {
      const parsed = parsePeerId(peer)
      const isConnected = parsed !== undefined && this.init.libp2p.getConnections(parsed).length > 0
      if (parsed !== undefined && !isConnected) this.dialer.want(parsed)
    }
  }

  private async remember(id: string, peer: PeerId, isNew: boolean): Promise<void> {
    const { libp2p } = this.init
    if (!this.isOpen(id) || !(await libp2p.peerStore.has(peer))) return
    const { addresses, peerRecordEnvelope } = await libp2p.peerStore.get(peer)
    await this.book.remember(
      id,
      peer.toString(),
      addresses.map(({ multiaddr }) => multiaddr.toString())
    )
    if (!isNew) return
    const records: Uint8Array[] = []
    for (const partner of this.peers(id)) {
      if (partner.equals(peer)) continue
      if (peerRecordEnvelope !== undefined) this.streams.sendRecords(id, partner, [peerRecordEnvelope])
      const { peerRecordEnvelope: record } = await libp2p.peerStore.get(partner)
      if (record !== undefined && records.length < MAX_RECORDS_PER_MESSAGE) records.push(record)
    }
    this.streams.sendRecords(id, peer, records)
  }

  private async takeFound(peer: PeerId, addresses: readonly Multiaddr[]): Promise<void> {
    for (const id of this.openIds()) {
      await this.book.list(id)
      if (!this.book.has(id, peer.toString())) continue
      await this.book.remember(
        id,
        peer.toString(),
        addresses.map((address) => address.toString())
      )
      this.dialer.want(peer)
    }
  }

  private readonly onDisconnect = ({ detail: peer }: CustomEvent<PeerId>): void => this.dialer.want(peer, true)

  private readonly onIdentify = ({ detail: { peerId } }: CustomEvent<{ peerId: PeerId }>): void => {
    for (const id of this.openIds()) {
      if (this.streams.entry(id)?.linkOf(peerId) !== undefined) void this.inBackground(this.remember(id, peerId, false))
    }
  }

  private async inBackground(work: Promise<void>): Promise<void> {
    try {
      await work
    } catch (error) {
      this.init.libp2p.logger.forComponent('walytis:peers').error('%o', error)
    }
  }
}
