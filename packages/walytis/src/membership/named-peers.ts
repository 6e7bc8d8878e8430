import type { Libp2p, PeerId } from '@libp2p/interface'
import { PeerRecord, RecordEnvelope } from '@libp2p/peer-record'
import type { AddressBook } from './peers.ts'

export interface NamedPeersInit {
  readonly libp2p: Pick<Libp2p, 'peerId' | 'peerStore' | 'logger'>
  readonly book: AddressBook
  /** Whether the chain is open here. */
  isOpen(chain: string): boolean
  /** A peer of an open chain may be there. */
  suggest(peer: PeerId): void
}

/** Bytes of records of one partner that may wait to be looked at; more is not heard. */
const MAX_WAITING_BYTES = 256 * 1024

interface Turn {
  bytes: number
  last: Promise<void>
}

/**
 * Takes in whom partners name, by records that those have signed: only the addresses are news, whom to trust is not. One
 * record of a partner at a time, so that naming many costs who does it.
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

  private async takeOne(chain: string, record: Uint8Array, from: PeerId): Promise<void> {
    const { libp2p, book, isOpen, suggest } = this.init
    try {
      const envelope = await RecordEnvelope.openAndCertify(record, PeerRecord.DOMAIN)
      const { peerId, multiaddrs } = PeerRecord.createFromProtobuf(envelope.payload)
      if (peerId.equals(libp2p.peerId) || !isOpen(chain)) return
      await libp2p.peerStore.consumePeerRecord(record, { expectedPeer: peerId })
      await book.rememberHearsay(
        chain,
        peerId.toString(),
        multiaddrs.map((address) => address.toString())
      )
      suggest(peerId)
    } catch (error) {
      libp2p.logger.forComponent('walytis:peers')('%p sent a record that does not hold: %o', from, error)
    }
  }
}
