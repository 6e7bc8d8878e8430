/** Topics that mark what a block is to this layer (docs/protocol.md §1). Hidden from `Block.topics`; applications may not use them. */
export const TOPIC_ORIGINAL = 'mutability:original'
export const TOPIC_UPDATE = 'mutability:update'
export const TOPIC_DELETE = 'mutability:delete'
export const TOPIC_RESTORE = 'mutability:restore'

/** Every topic that begins so is reserved, also those that have no meaning yet. */
export const RESERVED_PREFIX = 'mutability:'

/** Version of the encoding of operations. */
export const OPERATION_VERSION = 1

/**
 * Most bytes of an encoded operation: the content that travels with its block (walytis, 256 KiB). An edit's content is a
 * little less, by `OPERATION_OVERHEAD`.
 */
export const MAX_OPERATION_BYTES = 256 * 1024

/** What an update's encoding adds to its content at most: map, keys, version, a CID, and the length prefix. */
export const OPERATION_OVERHEAD = 80

/** Version of the rows of the index. One of another version is made anew. */
export const INDEX_VERSION = 1

/** Changes whose places are kept in memory, over all originals. */
export const CACHED_CHANGES = 20_000

/** Changes told of that wait for their turn; those beyond are taken from the change log. */
export const QUEUED_CHANGES = 256

/** Blocks whose standing is read together. */
export const PAGE_BLOCKS = 64

/** Most bytes of a policy in a genesis: what that has for all layers. */
export const MAX_POLICY_BYTES = 8 * 1024

/** Name of this layer: of its rows beside the chain, of what feeds them, and of what a genesis says for it. */
export const LAYER = 'walytis-mutability'

/** Contents of changes that are asked for together, and how long each. */
export const SEEKING = { atOnce: 64, milliseconds: 60_000 } as const
