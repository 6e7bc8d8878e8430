/** Limits and fixed names. Those of the block format are part of it (docs/protocol.md) and can't be configured. */

/** The block format that this version writes and understands. */
export const BLOCK_FORMAT_VERSION = 1

/** Bytes of one encoded block: what a judge of blocks reads at a time stays small. */
export const MAX_BLOCK_BYTES = 16 * 1024
export const MAX_PARENTS = 16
export const MAX_TOPICS = 32
/** Bytes of UTF-8 of one topic. */
export const MAX_TOPIC_BYTES = 128
/** Content up to here travels with its block, as one raw leaf. */
export const MAX_CONTENT_BYTES = 256 * 1024
/** What a larger content is cut into: the leaves of its UnixFS file. Part of the format, like the fan-out. */
export const FILE_LEAF_BYTES = 256 * 1024
/** Links of one inner node of such a file. */
export const FILE_FANOUT = 1024
/** The largest content: a file with two levels of inner nodes. */
export const MAX_FILE_BYTES = FILE_LEAF_BYTES * FILE_FANOUT * FILE_FANOUT
/** The largest content that is given out as one piece of memory; a larger one is read by its stream. */
export const MAX_WHOLE_CONTENT_BYTES = 1024 * 1024 * 1024
/** Bytes of a larger content that go to the disk in one synced batch: enough to be quick, and little to lose. */
export const FILE_BATCH_BYTES = 2 * 1024 * 1024
/** Content up to here is shown to the policy. */
export const MAX_JUDGED_CONTENT_BYTES = 64 * 1024
/** Opaque bytes that a policy may have stored with a block. */
export const MAX_ANNOTATION_BYTES = 16 * 1024
/** A policy's parameters in the genesis. */
export const MAX_POLICY_PARAMETER_BYTES = 48 * 1024
/** Bytes of UTF-8 of a chain's name and of its policy's name. */
export const MAX_NAME_BYTES = 256
/** Random bytes in the genesis, so that two chains of equal settings differ. */
export const GENESIS_NONCE_BYTES = 32
/** The last millisecond that a JavaScript `Date` can hold (ECMA-262 §21.4.1.1). */
export const MAX_LAYERS = { count: 16, nameBytes: 64, bytes: 8 * 1024 } as const
export const MAX_TIME = 8_640_000_000_000_000

/** Layout of the store; a store of a newer layout is not opened. */
export const STORE_VERSION = 1

/** Blocks that wait for parents, for one chain and for each peer that sent them: a flood costs its sender, not our memory. */
export const MAX_PENDING_PER_CHAIN = { blocks: 2048, bytes: 16 * 1024 * 1024 } as const
export const MAX_PENDING_PER_PEER = { blocks: 512, bytes: 4 * 1024 * 1024 } as const
/** Ids of refused blocks that are remembered per chain, so that what stands on them is refused and not waited for. */
export const MAX_REMEMBERED_REJECTIONS = 4096
/** After how many blocks, or bytes of content, from concurrent calls a synced write is due. */
export const MAX_GROUP = { blocks: 512, bytes: 4 * 1024 * 1024 } as const
/** How much a chain may have written without waiting for the disk, and for how many milliseconds, before it is synced. */
export const UNSYNCED_LIMIT = { blocks: 1024, bytes: 1024 * 1024, milliseconds: 20 } as const
/** Blocks are checked in slices of so many; other work of the process gets its turn after so many milliseconds. */
export const CHECK_SLICE = { blocks: 16, milliseconds: 8 } as const
/** From so many blocks on, signatures are checked beside the thread. Fewer come sooner without the detour, and in an order that a simulation can repeat. */
export const VERIFY_ASIDE = 64
/** Rows read at a time while iterating. */
export const PAGE_ROWS = 128
/** Rows of an index that a query holds in memory to sort them into the order asked for. */
export const MAX_GATHERED = 32_768
/** Bytes of decoded blocks kept in memory per node, over all its chains. */
export const BLOCK_CACHE_BYTES = 16 * 1024 * 1024
/** Changes handled before a consumer with a checkpoint notes how far it has come. */
export const CHANGES_PER_CHECKPOINT = 256
/** Rows of a layer, and bytes of them, that are written without waiting for the disk before all of them are synced. */
export const UNSYNCED_LAYER_LIMIT = { rows: 4096, bytes: 1024 * 1024 } as const
/** First and longest wait, in milliseconds, before a consumer's failing handler is called again. */
export const CONSUMER_RETRY = { first: 50, longest: 30_000 } as const

/** Topics that begin so are the protocol's own; `add` refuses them. */
export const RESERVED_TOPIC_PREFIX = 'walytis:'
/** What the topics of blocks about shared invitations begin with; a slash and the invitation's id follow. */
export const INVITATION_TOPIC = 'walytis:invitation'
