/** Limits and deadlines of the content protocol (docs/protocol.md, "Larger content"). */

export const CONTENT_PROTOCOL = '/walytis/content/1.0.0'
/** One request, grant or answer. */
export const MAX_REQUEST_BYTES = 512
/** Nodes, each at most 256 KiB, that may be under way and not yet on the receiver's disk: what a long way needs, and no more memory. */
export const WINDOW_NODES = 16
/** What libp2p may buffer of a stream before it is read; a peer that respects the window can't fill it. */
export const RECEIVE_BUFFER_BYTES = (WINDOW_NODES + 4) * 256 * 1024
/** The same of who asks: requests and grants only. */
export const REQUEST_BUFFER_BYTES = 16 * 1024

/** Contents that are fetched at a time: those that somebody waits for, and those ahead of any use. */
export const MAX_FETCHES = 8
export const MAX_FETCHES_AHEAD = 2
/** Streams that are served at a time, and those whose request has not come yet. */
export const MAX_SERVED = 64
export const MAX_ASKING = 64
/** Of each, those of one peer, over however many connections. */
export const MAX_STREAMS_PER_PEER = 12

/** Milliseconds. */
export const OPEN_DEADLINE = 10_000
export const REQUEST_DEADLINE = 10_000
export const ANSWER_DEADLINE = 10_000
/** How long one node may take: a peer slower than 13 kB/s is left for another. */
export const NODE_DEADLINE = 20_000
/** How long who asked may take nothing, or grant nothing; each node that it takes gives it so much more of `NODE_DEADLINE`, up to this. */
export const GRANT_DEADLINE = 30_000
/** How long a stream is served before others may have its place, when all are taken. */
export const TURN = 600_000
/** Requests of one peer for chains that it may not have: so many at once, and one more each so many milliseconds. */
export const DENIED = { burst: 64, every: 1000 } as const
export const CLOSE_DEADLINE = 2_000
/** Pauses before a content that nobody could give is asked for again: doubled each time, up to the longest. */
export const RETRY = { first: 500, longest: 30_000 } as const
/** How long who sent a wrong node is asked for nothing: doubled each time. One may be an accident of a damaged disk … */
export const WRONG_PAUSE = 60_000
/** … and this many are not: the connection is closed. */
export const MAX_WRONG = 3
/** Peers whose wrong nodes are remembered. */
export const MAX_SUSPECTS = 1024
