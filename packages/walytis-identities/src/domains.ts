import { concat } from 'uint8arrays/concat'
import { fromString } from 'uint8arrays/from-string'
import { encodeCanonical } from './encoding/canonical.ts'

/**
 * Every context in which this package signs, hashes or derives. One line each; none is a prefix of another once the
 * terminating zero byte is added, and none begins as a domain of another package does.
 */
export const domains = {
  /** Hybrid signature of an identity over its own first public keys. */
  inception: 'walytis-identities/inception/1',
  /** Hybrid signature by new keys over the rotation that brings them in: proof that their secrets are held. */
  rotation: 'walytis-identities/rotation/1',
  /** Post-quantum signature over a block's events and the block's position. */
  event: 'walytis-identities/event/1',
  /** Hybrid signature of an application. */
  app: 'walytis-identities/app/1',
  /** HPKE info of what is sealed to an identity. */
  seal: 'walytis-identities/seal/1',
  /** First transcript hash of a handshake. */
  handshake: 'walytis-identities/session/1',
  /** Hybrid signature of the side that began a handshake. */
  handshakeInitiator: 'walytis-identities/session/initiator/1',
  /** Hybrid signature of the side that answered a handshake. */
  handshakeResponder: 'walytis-identities/session/responder/1',
  /** HMAC that shows knowledge of a group's rendezvous key or of an invitation, in a handshake. */
  handshakeTag: 'walytis-identities/session/tag/1',
  /** Keys that follow from a session's secret. */
  session: 'walytis-identities/session/keys/1',
  /** Keys of one channel. */
  channel: 'walytis-identities/channel/1',
  /** HMAC that names a group to a peer that knows it, when a channel is opened. */
  channelTag: 'walytis-identities/channel/tag/1',
  /** Keys of the key store. */
  keyStore: 'walytis-identities/key-store/1',
  /** Secrets that follow from a recovery phrase. */
  recovery: 'walytis-identities/recovery/1',
  /** Keys of an exported key store. */
  backup: 'walytis-identities/backup/1'
} as const

/** What is signed or authenticated: the domain, a zero byte, then the canonical DAG-CBOR of `value`. */
export function bound(domain: string, value: unknown): Uint8Array {
  return concat([domainBytes(domain), encodeCanonical(value)])
}

/** A domain's bytes: UTF-8 and a zero byte. */
export function domainBytes(domain: string): Uint8Array {
  return fromString(`${domain}\0`, 'utf8')
}
