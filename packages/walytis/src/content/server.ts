import type { Logger, PeerId } from '@libp2p/interface'
import { AccessDeniedError, ClosedError } from '../errors.ts'
import type { ExchangedFiles } from '../replica.ts'
import type { Frames } from '../sync/framing.ts'
import { MAX_ASKING, MAX_SERVED } from './limits.ts'
import { serve } from './serve.ts'

export interface ContentServerInit {
  readonly log: Logger
  /** A chain of this node; undefined when it takes part in none of that id. */
  chain(id: string): { readonly files: ExchangedFiles; permits(peer: PeerId): boolean } | undefined
}

/**
 * The answering side: one stream for each content that a peer asks for, and a bound on how many. Strangers, and members who
 * ask and then say nothing, take no place from those who do.
 */
export class ContentServer {
  readonly #init: ContentServerInit
  /** Streams whose request has not come yet, the oldest first. */
  readonly #asking = new Set<Frames>()
  readonly #served = new Set<Frames>()

  constructor(init: ContentServerInit) {
    this.#init = init
  }

  /** Answer one stream to its end. Never rejects. */
  async answer(frames: Frames, peer: PeerId): Promise<void> {
    // who means it asks at once, so the oldest has had its time
    const [oldest] = this.#asking
    if (oldest !== undefined && this.#asking.size >= MAX_ASKING) {
      this.#asking.delete(oldest)
      oldest.abort(new AccessDeniedError())
    }
    this.#asking.add(frames)
    try {
      await serve(frames, (id) => this.#admit(frames, peer, id))
    } catch (error) {
      this.#init.log('%p did not take its content: %o', peer, error)
      frames.abort(error instanceof Error ? error : new ClosedError('content stream', { cause: error }))
    } finally {
      this.#asking.delete(frames)
      this.#served.delete(frames)
    }
  }

  /** Break off all that is under way. */
  stop(): void {
    for (const frames of [...this.#asking, ...this.#served]) frames.abort(new ClosedError('node'))
  }

  #admit(frames: Frames, peer: PeerId, id: string): { files: ExchangedFiles; permits(): boolean } | undefined {
    this.#asking.delete(frames)
    const chain = this.#init.chain(id)
    // when there is no place, the peer asks another, or again
    if (chain?.permits(peer) !== true || this.#served.size >= MAX_SERVED) return undefined
    this.#served.add(frames)
    return { files: chain.files, permits: () => chain.permits(peer) }
  }
}
