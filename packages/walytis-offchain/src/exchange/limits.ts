/** Bounds of the exchange, each with its reason. Milliseconds where they are times. */

/** The largest frame that is taken: what a channel carries at most. */
export const MAX_FRAME_SIZE = 1024 * 1024

/** Ids or envelopes in one message: a batch of short messages fits well, and a hostile list stays small. */
export const MAX_IDS_PER_MESSAGE = 256

/** A `give` is sent when it holds this much; one envelope of the largest size may go beyond. */
export const GIVE_SIZE = 256 * 1024

/** Envelopes asked of one device and not answered: enough to keep a link busy with short messages. */
export const MAX_ASKED_PER_DEVICE = 512

/** How long an answer may take before another device is asked. */
export const ANSWER_DEADLINE = 10_000

/** A content that was announced by its block, and is still on its way beside it, is not asked for before. */
export const PUSH_GRACE = 150

/** Waits before a content that no connected device could give is asked for again: doubled each time, up to the longest. */
export const RETRY = { first: 1_000, longest: 60_000 } as const

/** Envelopes that came before their block, kept in memory: of one device, and of all. */
export const POOL_PER_DEVICE = { items: 64, bytes: 4 * 1024 * 1024 } as const
export const POOL = { items: 512, bytes: 16 * 1024 * 1024 } as const

/** How long such an envelope waits for its block. */
export const POOL_AGE = 60_000

/** Wrong envelopes after which a device is not spoken with for `BAN`. One may be an accident of a damaged disk. */
export const MAX_WRONG = 3
export const BAN = 10 * 60_000

/** New contents are offered to devices that may lack them after this time, many at once. */
export const OFFER_DELAY = 50

/** The device with the higher DID leaves opening the channel to the other for this long. */
export const OPEN_GRACE = 1_000

/** Waits before a channel that could not be opened is tried again. */
export const REOPEN = { first: 250, longest: 30_000 } as const

/** Frames that wait for a slow device, in bytes, before what is pushed to it is left for it to ask for. */
export const MAX_QUEUED_BYTES = 4 * 1024 * 1024

/** Bytes received and not on disk yet, of all devices, from which on reading waits for writing. */
export const RECEIVE_WINDOW = 1024 * 1024
