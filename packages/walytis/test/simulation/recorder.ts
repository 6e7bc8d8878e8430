import type { PeerId } from '@libp2p/interface'
import { decodeMessage } from '../../src/sync/messages.ts'
import { createActor } from '../../src/testing/actors.ts'
import type { MemoryNetwork } from '../../src/testing/memory-network.ts'

interface Session {
  readonly from: PeerId
  readonly to: PeerId
  readonly messages: Uint8Array[]
}

const MAX_MESSAGES = 60

/** Somebody who hears all that is said, and says it again. */
export class Recorder {
  /** A stranger's own place in the network. */
  readonly eve: PeerId = createActor('eve').peerId
  /** What eve was told about chains, which must be nothing. */
  readonly learned: string[] = []
  replayed = 0
  private readonly network: MemoryNetwork
  private readonly sessions = new Map<object, Session[]>()

  constructor(network: MemoryNetwork) {
    this.network = network
    network.tap = (from, to, stream, message) => {
      const both = this.sessions.get(stream) ?? []
      this.sessions.set(stream, both)
      let session = both.find((one) => one.from.equals(from))
      if (session === undefined) {
        session = { from, to, messages: [] }
        both.push(session)
      }
      if (session.messages.length < MAX_MESSAGES) session.messages.push(message)
    }
  }

  /** Play a whole session again to whom it was meant for: as who sent it, or as a stranger. */
  replay(running: readonly PeerId[]): void {
    const { network, eve } = this
    const session = network.pick([...this.sessions.values()].flat())
    if (session === undefined || !running.some((peer) => peer.equals(session.to))) return
    const isStranger = network.chance() < 0.5
    const speaker = isStranger ? eve : session.from
    if (isStranger) {
      network.host(eve)
      network.connect(eve, session.to)
    }
    try {
      const frames = network.open(speaker, session.to)
      void frames.write(session.messages).catch(() => {})
      this.replayed++
      if (isStranger) void this.listen(frames)
    } catch {
      // they are not connected, or whom it was meant for is not there
    }
  }

  private async listen(frames: ReturnType<MemoryNetwork['open']>): Promise<void> {
    try {
      for (;;) {
        const message = decodeMessage(await frames.read())
        if (message !== undefined && 'chain' in message) this.learned.push(message.type)
      }
    } catch {
      // the stream has ended
    }
  }
}
