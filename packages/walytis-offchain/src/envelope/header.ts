/**
 * The header of an envelope: the content key, wrapped under a secret of the epoch (docs/protocol.md §3). It is the first leaf of the hash
 * tree, so a server can't exchange it, and whoever destroys it has destroyed the content.
 */
import { encode } from '@ipld/dag-cbor'
import { concat, equals } from 'uint8arrays'
import { decodeCanonical, hasFields, isBytes } from 'walytis'
import type { Epoch } from 'walytis-identities'
import { aeadOpen, aeadSeal, hmacSha256 } from '#primitives'
import { FORMAT_VERSION } from '../constants.ts'
import { domains, prefixes } from '../domains.ts'
import { type Binding, bindingBytes } from '../reference/binding.ts'

/** Bytes of every header: its fields have fixed lengths. */
export const HEADER_SIZE = 101

/** The wrapping key is used once, so its only nonce is zero. */
const WRAP_NONCE = new Uint8Array(12)

/** The rule that a header breaks. */
export type HeaderRule = 'header-malformed' | 'key-not-authentic' | 'key-commitment'

/** The header that wraps `contentKey` (32 bytes); `salt`: 32 fresh random bytes. */
export function sealHeader(contentKey: Uint8Array, salt: Uint8Array, binding: Binding, epoch: Epoch): Uint8Array {
  const wrapKey = epoch.secret(domains.wrapSecret, salt)
  const wrapped = aeadSeal(wrapKey, WRAP_NONCE, associatedData(binding, epoch), contentKey)
  return encode({ v: FORMAT_VERSION, salt, wrapped })
}

/** The content key, when the header is well-formed, of this epoch, and wraps the key that the chain commits to. */
export function openHeader(
  header: Uint8Array,
  commitment: Uint8Array,
  binding: Binding,
  epoch: Epoch
): { readonly ok: true; readonly contentKey: Uint8Array } | { readonly ok: false; readonly rule: HeaderRule } {
  const value = header.length === HEADER_SIZE ? decodeCanonical(header, HEADER_SIZE) : undefined
  if (!hasFields(value, ['salt', 'v', 'wrapped'])) return { ok: false, rule: 'header-malformed' }
  const { v, salt, wrapped } = value as { [field: string]: unknown }
  if (v !== FORMAT_VERSION || !isBytes(salt, 32) || !isBytes(wrapped, 48))
    return { ok: false, rule: 'header-malformed' }
  const wrapKey = epoch.secret(domains.wrapSecret, salt)
  const contentKey = aeadOpen(wrapKey, WRAP_NONCE, associatedData(binding, epoch), wrapped)
  if (contentKey === undefined) return { ok: false, rule: 'key-not-authentic' }
  if (!equals(commitmentOf(contentKey, binding), commitment)) return { ok: false, rule: 'key-commitment' }
  return { ok: true, contentKey }
}

/**
 * What the chain shows of a content key: HMAC-SHA256 under it. ChaCha20-Poly1305 alone does not commit to its key (Len, Grubbs,
 * Ristenpart: Partitioning Oracle Attacks, 2021): without this, one envelope could open to different contents for different readers.
 */
export function commitmentOf(contentKey: Uint8Array, binding: Binding): Uint8Array {
  return hmacSha256(contentKey, prefixes.commitment, bindingBytes(binding))
}

function associatedData(binding: Binding, epoch: Epoch): Uint8Array {
  return concat([prefixes.wrap, bindingBytes(binding), epoch.id.bytes])
}
