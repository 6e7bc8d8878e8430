import { encode } from '@ipld/dag-cbor'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { base64urlnopad } from '@scure/base'
import { SYNC_TAG_DOMAIN } from '../domains.ts'
import { TAG_BYTES } from './limits.ts'

/** Who opened the stream. Tags differ by role, so that a peer can't answer with ours. */
export type Role = 'initiator' | 'responder'

/** What a stream's tags are bound to. Peer ids as strings. */
export interface TagContext {
  readonly initiator: string
  readonly responder: string
  readonly initiatorNonce: Uint8Array
  readonly responderNonce: Uint8Array
}

/** The first 16 bytes of HMAC-SHA256 (RFC 2104) under a chain's access key, over who sends it and the whole context. */
export function tagOf(key: Uint8Array, sender: Role, context: TagContext): Uint8Array {
  const { initiator, responder, initiatorNonce, responderNonce } = context
  const input = encode([sender, initiator, responder, initiatorNonce, responderNonce])
  const message = new Uint8Array(SYNC_TAG_DOMAIN.length + input.length)
  message.set(SYNC_TAG_DOMAIN)
  message.set(input, SYNC_TAG_DOMAIN.length)
  return hmac(sha256, key, message).subarray(0, TAG_BYTES)
}

/** A tag as a key of maps and sets. */
export const tagText = (tag: Uint8Array): string => base64urlnopad.encode(tag)

export const otherRole = (role: Role): Role => (role === 'initiator' ? 'responder' : 'initiator')
