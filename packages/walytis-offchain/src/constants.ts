/** Version of every record of this package that goes on a chain, on a wire, or on disk. */
export const FORMAT_VERSION = 1

/** Version of the rows by which blocks are found. Another one, or another key store, and they are made anew when the chain is opened. */
export const INDEX_VERSION = 1

/** Protocol of the channel over which two devices of a group hand each other sealed content. */
export const EXCHANGE_PROTOCOL = '/walytis-offchain/exchange/1.0.0'

/** Protocol of the channel over which two devices of a group bring each other's registers level. */
export const REGISTERS_PROTOCOL = '/walytis-offchain/registers/1.0.0'

/** A register is for a read mark or a draft, not for a document: bytes of its value, and of its name as UTF-8. */
export const MAX_REGISTER_SIZE = 4 * 1024
export const MAX_REGISTER_NAME_SIZE = 128

/** Registers of one device in one chain. What a device makes beyond is refused by all. */
export const MAX_REGISTERS = 64
/** Protocol of the channels over which devices fetch large contents from each other. */
export const CONTENT_PROTOCOL = '/walytis-offchain/content/1.0.0'

/** Bytes of plaintext in one sealed chunk. A chunk is the unit of checking and, for large contents, of resuming. */
export const CHUNK_SIZE = 64 * 1024

/** What Poly1305 adds to each sealed piece (RFC 8439 §2.8). */
export const TAG_SIZE = 16

/** Bytes of a sealed chunk that is full. */
export const SEALED_CHUNK_SIZE = CHUNK_SIZE + TAG_SIZE

/** Content that is held in memory and pushed beside its block: as much as travels inside a block of a plain chain. */
export const MAX_INLINE_SIZE = 256 * 1024

/** The largest content, and the largest size class: 256 GiB, as on a plain chain. */
export const MAX_CONTENT_SIZE = 2 ** 38

/** Content that `content()` gives as one piece of memory; there is `stream` for more. */
export const MAX_WHOLE_SIZE = 1024 ** 3

/** The smallest size class: a short message looks like any other short message. */
export const SMALLEST_SIZE_CLASS = 256

/** Up to here size classes are powers of two; above, eighths of one, so that padding costs at most an eighth. */
export const LARGEST_POWER_CLASS = 64 * 1024

/** Details (size and topics) are padded to a multiple of this before they are sealed. */
export const DETAILS_PADDING = 64

/** 32 topics of 128 bytes, with room for the encoding and the padding. */
export const MAX_DETAILS_SIZE = 5 * 1024

/** A reference is small: far below what policies may look at (64 KiB). */
export const MAX_REFERENCE_SIZE = MAX_DETAILS_SIZE + 1024

/** As many topics as a block of a plain chain carries, each of at most `MAX_TOPIC_SIZE` bytes of UTF-8. */
export const MAX_TOPICS = 32
export const MAX_TOPIC_SIZE = 128

/** How often `add` seals again when the epoch changed under it. */
export const SEAL_ATTEMPTS = 8
