/**
 * Every context in which walytis signs or hashes: a signature made for one can't be used as another.
 * Each ends in a zero byte, so that none is a prefix of another's message.
 */

const encoder = new TextEncoder()

/** What a block's signature covers begins with this. */
export const BLOCK_DOMAIN = encoder.encode('walytis/block/1\0')
