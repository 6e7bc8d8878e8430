import type { Libp2p, PeerId } from '@libp2p/interface'
import { peerIdFromCID } from '@libp2p/peer-id'
import { PeerRecord, RecordEnvelope } from '@libp2p/peer-record'
import type { Multiaddr } from '@multiformats/multiaddr'
import { AccessDeniedError } from '../errors.ts'
import { type AddressBook, parsePeerId } from './peers.ts'
import { withinReach } from './reach.ts'

export interface NamedPeersInit {
  readonly libp2p: Pick<Libp2p, 'peerId' | 'peerStore' | 'logger'>
  readonly book: AddressBook
  /** Whether the chain is open here. */
  isOpen(chain: string): boolean
  /** A peer of an open chain may be there. */
  suggest(peer: PeerId): void
  /** Where the connections to a peer lead. */
  connectedAt(peer: PeerId): readonly Multiaddr[]
  /** Whether the node has still to do with a peer. */
  isKnown(peer: PeerId): boolean
}

/** Bytes of records of one partner that may wait to be looked at; more is not heard. */
const MAX_WAITING_BYTES = 256 * 1024
/** Dials in vain, about two minutes of them, after which a peer is forgotten that was only heard of. */
const MAX_FAILURES = 10

interface Turn {
  bytes: number
  last: Promise<void>
}

/**
 * Takes in whom partners name, by records that those have signed: only the addresses are news, whom to trust is not. One
 * record of a partner at a time, so that naming many costs who does it. On a public chain anybody may be a partner, so records
 * say nothing of networks that the partner is not on, and those whom nobody ever meets are forgotten.
 */
export class NamedPeers {
  private readonly init: NamedPeersInit
  private readonly turns = new Map<string, Turn>()

  constructor(init: NamedPeersInit) {
    this.init = init
  }

  /** Resolves once the records were looked at. */
  async take(chain: string, records: readonly Uint8Array[], from: PeerId): Promise<void> {
    const name = from.toString()
    const turn = this.turns.get(name) ?? { bytes: 0, last: Promise.resolve() }
    const bytes = records.reduce((sum, record) => sum + record.length, 0)
    if (turn.bytes + bytes > MAX_WAITING_BYTES) return
    turn.bytes += bytes
    this.turns.set(name, turn)
    turn.last = turn.last.then(async () => {
      for (const record of records) await this.takeOne(chain, record, from)
      turn.bytes -= bytes
      if (turn.bytes === 0) this.turns.delete(name)
    })
    await turn.last
  }

  /** A peer could not be reached. */
  async failed(peer: PeerId, failures: number): Promise<void> {
    if (failures >= MAX_FAILURES) await this.init.book.forgetUnmet(peer.toString())
  }

  /** The address book has dropped a peer that was never met: libp2p must not keep what it was told of it either. */
  async dropped(name: string): Promise<void> {
    const { libp2p, connectedAt, isKnown } = this.init
    const peer = parsePeerId(name)
    if (peer === undefined || isKnown(peer) || connectedAt(peer).length > 0) return
    await libp2p.peerStore.delete(peer)
  }

  private async takeOne(chain: string, record: Uint8Array, from: PeerId): Promise<void> {
    const { libp2p, book, isOpen, suggest, connectedAt } = this.init
    try {
      const envelope = await RecordEnvelope.openAndCertify(record, PeerRecord.DOMAIN)
      const named = PeerRecord.createFromProtobuf(envelope.payload)
      const { peerId, multiaddrs } = named
      // anybody can sign what another is said to say
      if (!peerIdFromCID(envelope.publicKey.toCID()).equals(peerId)) throw new AccessDeniedError()
      if (peerId.equals(libp2p.peerId) || !isOpen(chain) || (await this.isOld(named))) return
      // into libp2p's own store only when they are dialled
      const isConnected = (name: string): boolean => {
        const peer = parsePeerId(name)
        return peer !== undefined && connectedAt(peer).length > 0
      }
      const addresses = withinReach(multiaddrs, connectedAt(from), isConnected).map((address) => address.toString())
      if (await book.rememberHearsay(chain, peerId.toString(), addresses, from.toString())) suggest(peerId)
    } catch (error) {
      libp2p.logger.forComponent('walytis:peers')('%p sent a record that does not hold: %o', from, error)
    }
  }

  /** Whether the peer itself has said something newer: old records would push its addresses out by those of long ago. */
  private async isOld({ peerId, seqNumber }: PeerRecord): Promise<boolean> {
    const { peerStore } = this.init.libp2p
    if (!(await peerStore.has(peerId))) return false
    const { peerRecordEnvelope } = await peerStore.get(peerId)
    if (peerRecordEnvelope === undefined) return false
    const { payload } = RecordEnvelope.createFromProtobuf(peerRecordEnvelope)
    return PeerRecord.createFromProtobuf(payload).seqNumber > seqNumber
  }
}
