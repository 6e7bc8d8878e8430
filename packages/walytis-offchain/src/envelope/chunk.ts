/**
 * One piece of a sealed content, by the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár: Online Authenticated-Encryption, 2015):
 * the nonce is the chunk's index and whether it is the last one, so pieces can't be exchanged, left out, or cut off at the end.
 */
import { concat } from 'uint8arrays'
import { aeadOpen, aeadSeal, aeadSealInto } from '#primitives'
import { prefixes } from '../domains.ts'
import { type Binding, bindingBytes } from '../reference/binding.ts'

/** Where in its content a chunk stands. */
export interface ChunkPlace {
  readonly index: number
  readonly last: boolean
}

/** Seal one chunk under a content key that seals nothing but this content. */
export function sealChunk(
  contentKey: Uint8Array,
  binding: Binding,
  place: ChunkPlace,
  plaintext: Uint8Array
): Uint8Array {
  const nonce = nonceOf(place)
  return aeadSeal(contentKey, nonce, associatedData(binding, nonce), plaintext)
}

/** The same, written to `target`, which is 16 bytes longer than the plaintext. */
export function sealChunkInto(
  contentKey: Uint8Array,
  binding: Binding,
  place: ChunkPlace,
  plaintext: Uint8Array,
  target: Uint8Array
): void {
  const nonce = nonceOf(place)
  aeadSealInto(contentKey, nonce, associatedData(binding, nonce), plaintext, target)
}

/** Undefined when the chunk isn't the one that was sealed for this place. */
export function openChunk(
  contentKey: Uint8Array,
  binding: Binding,
  place: ChunkPlace,
  sealed: Uint8Array
): Uint8Array | undefined {
  const nonce = nonceOf(place)
  return aeadOpen(contentKey, nonce, associatedData(binding, nonce), sealed)
}

/** 11 bytes of index, big-endian, and one byte that is 1 on the last chunk. */
function nonceOf(place: ChunkPlace): Uint8Array {
  const nonce = new Uint8Array(12)
  new DataView(nonce.buffer).setBigUint64(3, BigInt(place.index))
  nonce[11] = place.last ? 1 : 0
  return nonce
}

function associatedData(binding: Binding, nonce: Uint8Array): Uint8Array {
  return concat([prefixes.chunk, bindingBytes(binding), nonce])
}
