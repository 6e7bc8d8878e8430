import type { Logger, PeerId } from '@libp2p/interface'
import { AccessDeniedError, ClosedError } from '../errors.ts'
import { Pace } from '../pace.ts'
import { Places } from '../places.ts'
import type { ExchangedFiles } from '../replica.ts'
import type { Frames } from '../sync/framing.ts'
import { DENIED, MAX_ASKING, MAX_SERVED, MAX_STREAMS_PER_PEER, TURN } from './limits.ts'
import { type ServedChain, serve } from './serve.ts'

export interface ContentServerInit {
  readonly log: Logger
  /** Milliseconds that never go back. */
  readonly now: () => number
  /** A chain of this node; undefined when it takes part in none of that id. */
  chain(id: string): { readonly files: ExchangedFiles; permits(peer: PeerId): boolean } | undefined
}

/**
 * The answering side: one stream for each content that a peer asks for, and a bound on how many. Strangers, and members who
 * ask and then say nothing, take no place from those who do.
 */
export class ContentServer {
  readonly #init: ContentServerInit
  /** Streams whose request has not come yet. */
  readonly #asking = new Places<Frames>({ total: MAX_ASKING, each: MAX_STREAMS_PER_PEER })
  readonly #served = new Places<Frames>({ total: MAX_SERVED, each: MAX_STREAMS_PER_PEER })
  readonly #pace: Pace

  constructor(init: ContentServerInit) {
    this.#init = init
    this.#pace = new Pace({ ...DENIED, now: init.now })
  }

  /** Answer one stream to its end. Never rejects. */
  async answer(frames: Frames, peer: PeerId): Promise<void> {
    if (!this.#pace.allows(peer.toString())) return frames.abort(new AccessDeniedError())
    // who means it asks at once, so who is there longest has had its time
    this.#asking.take(frames, peer.toString())?.abort(new AccessDeniedError())
    try {
      await serve(frames, (id) => this.#admit(frames, peer, id), this.#init.now)
    } catch (error) {
      this.#init.log('%p did not take its content: %o', peer, error)
      frames.abort(error instanceof Error ? error : new ClosedError('content stream', { cause: error }))
    } finally {
      this.#asking.leave(frames)
      this.#served.leave(frames)
    }
  }

  /** Break off all that is under way. */
  stop(): void {
    for (const frames of [...this.#asking.all, ...this.#served.all]) frames.abort(new ClosedError('node'))
  }

  #admit(frames: Frames, peer: PeerId, id: string): ServedChain | undefined {
    this.#asking.leave(frames)
    const chain = this.#init.chain(id)
    if (chain?.permits(peer) !== true) {
      this.#pace.failed(peer.toString())
      return undefined
    }
    const { isTaken, leaving } = this.#served.claim(frames, peer.toString(), { now: this.#init.now(), length: TURN })
    // it keeps what it has, and asks another, or again
    leaving?.abort(new AccessDeniedError())
    return isTaken ? { files: chain.files, permits: () => chain.permits(peer) } : undefined
  }
}
