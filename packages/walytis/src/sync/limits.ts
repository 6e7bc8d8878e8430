/** Limits and deadlines of the sync protocol (docs/protocol.md, "Sync"). All that a peer can make us keep or do is bounded here. */

export const SYNC_PROTOCOL = '/walytis/sync/1.0.0'
/** One encoded message: room for the largest block with its content. */
export const MAX_MESSAGE_BYTES = 512 * 1024
/** Blocks are gathered into one message up to here; a single larger one travels alone. */
export const BATCH_BYTES = 384 * 1024
/** Blocks of one message: what a judge of blocks takes at a time stays small. */
export const BATCH_BLOCKS = 512
/** Bytes of blocks that one side may have sent and not seen acknowledged, for one chain and for the whole stream. */
export const CHAIN_CREDIT_BYTES = 1024 * 1024
export const SESSION_CREDIT_BYTES = 2 * 1024 * 1024
/** Bytes of all other messages, roughly, that may wait until the peer takes them: one that asks without reading the answers is cut off. */
export const MAX_UNSENT_BYTES = 4 * 1024 * 1024
/** What libp2p may buffer of a stream before we read it; a peer that respects the credits can't fill it. */
export const READ_BUFFER_BYTES = 8 * 1024 * 1024

export const NONCE_BYTES = 32
export const TAG_BYTES = 16
export const MAX_TAGS_PER_MESSAGE = 4096
/** Tags of a peer that are kept for chains that this node opens later. */
export const MAX_KEPT_TAGS = 16_384
/** Keys of one chain that tags are made of. */
export const MAX_ACCESS_KEYS = 16

/** Heads named in one message; where there are more, the sets are reconciled instead. */
export const MAX_HEADS_PER_MESSAGE = 256
export const FINGERPRINT_BYTES = 16
/** Into how many parts a range is split whose fingerprints differ. */
export const RANGE_FANOUT = 16
/** A range of at most this many ids is listed. */
export const RANGE_LIST = 32
export const MAX_RANGES_PER_MESSAGE = 512
export const MAX_IDS_PER_MESSAGE = 8192
/** Messages of one reconciliation; honest ones need about log₁₆ of the length. */
export const MAX_RECONCILE_MESSAGES = 64
/** Differences followed in one round; the next round finds what is left. */
export const MAX_DIFFERENCE = 65_536

export const MAX_RECORDS_PER_MESSAGE = 16
export const MAX_RECORD_BYTES = 4096

/** New blocks that wait for credit per partner and chain; beyond, a new comparison takes over. */
export const MAX_QUEUED = 4096
/** Messages that may wait for the store per chain and stream, apart from blocks within their credit. */
export const MAX_INBOX = 64
/** Missing parents asked for at a time. */
export const MAX_FOLLOWED = 1024
/** Requests of one peer that may wait to be served, per chain. */
export const MAX_SERVICES = 4
/** Blocks broken by a rule that a peer may send on one stream before it is cut off. */
export const MAX_REJECTED = 3
/** Blocks without their parents that a peer may have sent on one stream, less those that were accepted. */
export const MAX_ORPHANS = 1024

/** Partners per chain that get new blocks pushed; others are told of new heads instead. */
export const MAX_LIVE_PARTNERS = 8
/** Streams held at a time. */
export const MAX_SESSIONS = 256

/** Milliseconds. */
export const HELLO_DEADLINE = 10_000
export const ANSWER_DEADLINE = 30_000
export const AUTHORIZE_DEADLINE = 20_000
/** Pause before partners without live pushes are told of new heads. */
export const LAZY_PAUSE = 1_000
/** How often deadlines are looked at, and a comparison that stalled is tried again. */
export const TICK = 5_000
export const STALLED_PAUSE = 60_000
/** How long a peer may take nothing at all. */
export const WRITE_DEADLINE = 60_000
/** Pause before access is looked at again after new blocks, and the longest time between two looks. */
export const REFRESH_PAUSE = 100
export const REFRESH_EVERY = 60_000
/** How long a peer that broke a rule is not listened to. */
export const BAN = 600_000
export const MAX_BANS = 1024
/** Pause before the peer with the greater id opens a stream by itself: normally the other one does. */
export const SECOND_OPENER_PAUSE = 500
/** How long opening a stream, or a peer's agreement to a chain, may take. */
export const OPEN_DEADLINE = 10_000
/** How long a peer that a comparison waits for may say nothing: longer than `ANSWER_DEADLINE` and `TICK`, by which it is cut off. */
export const SILENCE_DEADLINE = 45_000
/** First and longest pause before a peer that was refused is looked at again. */
export const FIRST_REFUSAL_PAUSE = 1_000
export const LONGEST_REFUSAL_PAUSE = 60_000
