/** Bounds of the exchange of large contents, each with its reason. Milliseconds where they are times. */

/** Windows asked for on one channel and not here yet: the next one is on its way while one is being written. */
export const WINDOWS_AHEAD = 2

/** Contents fetched at a time: a few large ones don't keep each other from coming to an end, nor small ones from beginning. */
export const MAX_DOWNLOADS = 4

/** Devices of which one content is fetched at a time. */
export const MAX_SOURCES = 4

/** Channels that are served at a time: to all, and to one device. When all are taken, the member that has the most of them gives way. */
export const MAX_SERVED = 32
export const MAX_SERVED_PER_DEVICE = 8

/** Parts that are received and not written yet, on one channel: 1 MiB. */
export const PARTS_UNWRITTEN = 4

/** How long a device may take to open a channel, to answer, and for each part: one slower than 9 kB/s is left for another. */
export const OPEN_DEADLINE = 10_000
export const PART_DEADLINE = 30_000

/** How long a device that is served may ask for nothing, or take nothing. */
export const SERVED_DEADLINE = 60_000

/** Waits before a content that nobody could give is asked for again: doubled each time, up to the longest. */
export const DOWNLOAD_RETRY = { first: 1_000, longest: 60_000 } as const

/** Contents whose trees are kept for the next request: 32 bytes for every 4 MiB of each. */
export const TREES_KEPT = 8
