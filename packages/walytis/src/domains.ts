/**
 * Every context in which walytis signs or hashes: a signature made for one can't be used as another.
 * Each ends in a zero byte, so that none is a prefix of another's message.
 */

const encoder = new TextEncoder()

/** What a block's signature covers begins with this. */
export const BLOCK_DOMAIN = encoder.encode('walytis/block/1\0')
/** Rendezvous tags of the sync protocol. */
export const SYNC_TAG_DOMAIN = encoder.encode('walytis/sync-tag/1\0')
/** The access key of a public chain, derived from its id. */
export const PUBLIC_ACCESS_DOMAIN = encoder.encode('walytis/public-access/1\0')
/** The signing key that an invitation's secret derives (HKDF `info`). */
export const INVITATION_KEY_DOMAIN = encoder.encode('walytis/invitation-key/1\0')
/** What the invitation's key and the joiner's own key sign when joining. */
export const JOIN_DOMAIN = encoder.encode('walytis/join/1\0')
