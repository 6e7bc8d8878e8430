/** Policy of a group's chain. */
export const GROUP_POLICY = 'walytis-identities/group'
/** Bytes of evidence that one event block carries; a policy sees contents of at most 64 KiB, and a genesis less. */
export const MIRROR_LIMIT = 40 * 1024
/** Levels of nesting: device, user, chat, organisation. */
export const DEPTH_LIMIT = 4
/** Nodes that an annotation names before a block becomes a node itself. */
export const FRONTIER_COMPACTION = 32
/** Nodes that an annotation may name: what fits in 16 KiB. */
export const FRONTIER_LIMIT = 384
