/** Topic of every block that carries identity or membership events. */
export const EVENT_TOPIC = 'identities:event'
/** Format of the event envelope. */
export const EVENT_VERSION = 1
/** Bytes of an event block's content. A policy is not given more (`BlockPolicy`). */
export const EVENT_CONTENT_LIMIT = 64 * 1024
/** Events that share one block. */
export const EVENTS_PER_BLOCK_LIMIT = 16

/** Policy of an identity's chain. */
export const IDENTITY_POLICY = 'walytis-identities/identity'
/** Format of the inception in an identity's genesis. */
export const INCEPTION_VERSION = 1
/** Bytes of evidence (blocks with their contents) that one message may carry. */
export const EVIDENCE_LIMIT = 192 * 1024
/** Blocks that one piece of evidence may have. */
export const EVIDENCE_BLOCKS_LIMIT = 256
/** Bytes that `encryptTo` takes. */
export const SEALED_LIMIT = 1024 * 1024

/** Handshake between two devices. */
export const SESSION_PROTOCOL = '/walytis-identities/session/1.0.0'
/** One channel on a session. */
export const CHANNEL_PROTOCOL = '/walytis-identities/channel/1.0.0'
/** Bytes of a channel's message. */
export const MESSAGE_LIMIT = 1024 * 1024
/** Rendezvous keys of a group that are tried, newest first (as many as `AccessControl.keys` allows). */
export const RENDEZVOUS_KEYS_LIMIT = 16
/** Epochs that the opener of a channel names. */
export const CHANNEL_EPOCHS_LIMIT = 4
