import { expand, extract } from '@noble/hashes/hkdf.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { concat } from 'uint8arrays/concat'
import { bound, domains } from '../domains.ts'
import { primitives } from '../keys/backend.ts'

/**
 * Every key of sessions and channels. HKDF-SHA256 (RFC 5869) throughout; each label stands under a domain, so no two uses share a key.
 */

/** Which side of a handshake or channel. */
export type Role = 'initiator' | 'responder'

/** Keys under which the second half of a handshake is sealed: known to whoever holds the ephemeral keys, authenticated by nobody yet. */
export interface HandshakeKeys {
  readonly root: Uint8Array
  readonly initiator: Uint8Array
  readonly responder: Uint8Array
}

/** What a completed handshake gives. */
export interface SessionKeys {
  /** 16 bytes: names the session to the other side. */
  readonly id: Uint8Array
  /** 32 bytes: keys of channels follow from it. */
  readonly secret: Uint8Array
  /** HMAC keys by which each side shows that it has arrived at the same secret. */
  readonly confirm: { readonly initiator: Uint8Array; readonly responder: Uint8Array }
  /** Traffic keys of the session's own stream. */
  readonly control: DirectionKeys
}

/** One 32-byte key per direction, by who sends. */
export interface DirectionKeys {
  readonly initiator: Uint8Array
  readonly responder: Uint8Array
}

/** The running hash of everything said so far. */
export function extendTranscript(transcript: Uint8Array, message: Uint8Array): Uint8Array {
  return sha256(concat([transcript, sha256(message)]))
}

/** From the two ephemeral encapsulations. @param transcript hash up to and with the initiator's ciphertext */
export function handshakeKeys(secrets: readonly Uint8Array[], transcript: Uint8Array): HandshakeKeys {
  const root = extract(sha256, concat([...secrets]), transcript)
  const key = (role: Role) => expand(sha256, root, bound(domains.handshake, ['key', role]), 32)
  return { root, initiator: key('initiator'), responder: key('responder') }
}

/** From the ephemeral secrets (in `root`) and those encapsulated to both devices' static keys. */
export function sessionKeys(root: Uint8Array, statics: readonly Uint8Array[], transcript: Uint8Array): SessionKeys {
  const master = extract(sha256, concat([root, ...statics]), transcript)
  const key = (label: string, length = 32) => expand(sha256, master, bound(domains.session, [label]), length)
  const keys = {
    id: key('id', 16),
    secret: key('secret'),
    confirm: { initiator: key('confirm initiator'), responder: key('confirm responder') },
    control: { initiator: key('control initiator'), responder: key('control responder') }
  }
  master.fill(0)
  return keys
}

/** Keys under which a channel is opened, before both sides have agreed on group and epoch. @param nonce the opener's, 32 bytes */
export function openingKeys(secret: Uint8Array, nonce: Uint8Array): DirectionKeys {
  const root = extract(sha256, secret, nonce)
  const key = (role: Role) => expand(sha256, root, bound(domains.channel, ['opening', role]), 32)
  return { initiator: key('initiator'), responder: key('responder') }
}

/** What a channel's traffic keys depend on besides the session. */
export interface ChannelContext {
  readonly group: string
  readonly protocol: string
  /** Both sides' nonces, the opener's first. */
  readonly nonces: readonly [Uint8Array, Uint8Array]
  /** An epoch of which both have the secret. */
  readonly epoch?: { readonly id: string; readonly secret: Uint8Array } | undefined
}

/** Traffic keys of one channel. */
export function channelKeys(secret: Uint8Array, { group, protocol, nonces, epoch }: ChannelContext): DirectionKeys {
  const material = epoch === undefined ? secret : concat([secret, epoch.secret])
  const root = extract(sha256, material, concat([...nonces]))
  const named = { group, protocol, epoch: epoch?.id ?? null }
  const key = (role: Role) => expand(sha256, root, bound(domains.channel, ['traffic', role, named]), 32)
  return { initiator: key('initiator'), responder: key('responder') }
}

/** The key that follows a traffic key after a rekey: the old one can't be had from it. */
export function nextKey(key: Uint8Array): Uint8Array {
  return expand(sha256, key, bound(domains.channel, ['rekey']), 32)
}

/** HMAC-SHA256. */
export function mac(key: Uint8Array, bytes: Uint8Array): Uint8Array {
  return hmac(sha256, key, bytes)
}

/** ChaCha20-Poly1305 (RFC 8439) under a counter nonce: four zero bytes, then the counter, little-endian. */
export function seal(key: Uint8Array, counter: number, plaintext: Uint8Array, associated?: Uint8Array): Uint8Array {
  return primitives.chacha20Poly1305.seal(key, nonceOf(counter), plaintext, associated)
}

/** @returns undefined when the bytes don't open */
export function unseal(
  key: Uint8Array,
  counter: number,
  sealed: Uint8Array,
  associated?: Uint8Array
): Uint8Array | undefined {
  return primitives.chacha20Poly1305.open(key, nonceOf(counter), sealed, associated)
}

function nonceOf(counter: number): Uint8Array {
  const nonce = new Uint8Array(12)
  new DataView(nonce.buffer).setBigUint64(4, BigInt(counter), true)
  return nonce
}
