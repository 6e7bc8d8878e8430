import type { AbortOptions, PeerId } from '@libp2p/interface'

/**
 * Says which peers may hold a chain, and with which keys they find each other.
 *
 * Contract:
 * - `keys` only hide the rendezvous: a stranger who lacks them can't tell which chains a node holds. They authorise nothing
 *   by themselves, unless `authorize` says so. They may change: they are looked at again a second after new blocks came and
 *   every few seconds anyway. Streams that are open stay open, whatever key they were found by, as long as `permits` says so; who has
 *   only keys that are no longer among them is a stranger.
 * - `authorize` is asked once per stream and chain, before the chain is named to the peer, and again after a refusal when keys are
 *   looked at. It may talk to the peer by a protocol of its own. It has succeeded only when it resolves.
 * - `permits` is asked again before every message that is sent or taken, so it must be quick, and it must turn false at once
 *   when the peer loses its right. From then on nothing more is sent to the peer or taken from it.
 * - Both sides ask for themselves: two peers are level only where each permits the other.
 */
export interface AccessControl {
  /** Rendezvous keys of at least 16 bytes, newest first, at most 16. */
  keys(options?: AbortOptions): Promise<Uint8Array[]>
  /** @throws {AccessDeniedError} when the peer may not hold the chain */
  authorize(peer: PeerId, options?: AbortOptions): Promise<void>
  /** Whether the peer still may hold the chain. Quick: asked before every message. */
  permits(peer: PeerId): boolean
}
