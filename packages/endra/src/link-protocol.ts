/**
 * `/endra/profile/1.0.0`: a device that has just become part of a profile asks another one which vault is the profile's. The user
 * group's sessions have proved to both sides that the other is a current device of the same user, so nothing here proves it again.
 *
 *     new device → { v, ask: 'vault' }          other device → { v, vault: 'did:walytis:…' }
 */
import { encode } from '@ipld/dag-cbor'
import type { Did } from 'walytis-identities'
import { type Decoded, decodeCanonical, hasExactly, isMap } from './canonical.ts'
import { FORMAT_VERSION, MAX_LINK_MESSAGE_BYTES } from './constants.ts'
import { isDid } from './did.ts'

const LIMITS = { bytes: MAX_LINK_MESSAGE_BYTES, depth: 4 }

/** The question for the vault. */
export function encodeVaultQuestion(): Uint8Array {
  return encode({ v: FORMAT_VERSION, ask: 'vault' })
}

/** Whether untrusted bytes are the question for the vault. Never throws. */
export function isVaultQuestion(bytes: Uint8Array): boolean {
  const decoded = decodeCanonical(bytes, LIMITS)
  if (!decoded.ok || !isMap(decoded.value)) return false
  const map = decoded.value
  return hasExactly(map, ['v', 'ask']) && map['v'] === FORMAT_VERSION && map['ask'] === 'vault'
}

/** The answer. */
export function encodeVaultAnswer(vault: Did): Uint8Array {
  return encode({ v: FORMAT_VERSION, vault })
}

/** The vault that an answer names, or the rule that it breaks. Never throws. */
export function decodeVaultAnswer(bytes: Uint8Array): Decoded<Did> {
  const decoded = decodeCanonical(bytes, LIMITS)
  if (!decoded.ok) return decoded
  const map = decoded.value
  if (!isMap(map) || !hasExactly(map, ['v', 'vault'])) return { ok: false, rule: 'fields' }
  if (map['v'] !== FORMAT_VERSION) return { ok: false, rule: 'version' }
  return isDid(map['vault']) ? { ok: true, value: map['vault'] } : { ok: false, rule: 'vault' }
}
