import { concat, equals } from 'uint8arrays'
import type { Epoch } from 'walytis-identities'
import { SEALED_CHUNK_SIZE, TAG_SIZE } from '../constants.ts'
import type { Binding } from '../reference/binding.ts'
import type { Details } from '../reference/details.ts'
import type { Reference } from '../reference/format.ts'
import { chunkCount } from '../reference/size-class.ts'
import { openChunk } from './chunk.ts'
import { leafHash, rootOf } from './hash-tree.ts'
import { HEADER_SIZE, type HeaderRule, openHeader } from './header.ts'

/** The rule that bytes break which are not the envelope of a reference: whoever served them is to blame. */
export type EnvelopeRule = 'envelope-size' | 'envelope-root'

/** The rule that an envelope breaks although it is the one that the reference names: its author is to blame. */
export type ContentRule = HeaderRule | 'chunk-not-authentic' | 'padding'

export type OpenedContent =
  | { readonly ok: true; readonly content: Uint8Array }
  | { readonly ok: false; readonly rule: ContentRule }

/** Bytes of the envelope of a content of this size class. */
export function envelopeSize(sizeClass: number): number {
  return HEADER_SIZE + sizeClass + chunkCount(sizeClass) * TAG_SIZE
}

/** Check bytes that a peer sent against the reference on the chain. Needs no key. Gives the broken rule, or undefined. */
export function checkEnvelope(envelope: Uint8Array, reference: Reference): EnvelopeRule | undefined {
  if (envelope.length !== envelopeSize(reference.sizeClass)) return 'envelope-size'
  return equals(rootOf(piecesOf(envelope).map(leafHash)), reference.root) ? undefined : 'envelope-root'
}

/** Open an envelope that `checkEnvelope` passed. Nothing is given out unless all of it is authentic. */
export function openContent(
  envelope: Uint8Array,
  reference: Reference,
  details: Details,
  binding: Binding,
  epoch: Epoch
): OpenedContent {
  const [header, ...chunks] = piecesOf(envelope)
  if (header === undefined) return { ok: false, rule: 'header-malformed' }
  const key = openHeader(header, reference.commitment, binding, epoch)
  if (!key.ok) return key
  const plain: Uint8Array[] = []
  for (const [index, chunk] of chunks.entries()) {
    const opened = openChunk(key.contentKey, binding, { index, last: index === chunks.length - 1 }, chunk)
    if (opened === undefined) return { ok: false, rule: 'chunk-not-authentic' }
    plain.push(opened)
  }
  const [first] = plain
  const padded = plain.length === 1 && first !== undefined ? first : concat(plain)
  if (padded.length !== reference.sizeClass || padded.subarray(details.size).some((byte) => byte !== 0)) {
    return { ok: false, rule: 'padding' }
  }
  return { ok: true, content: padded.subarray(0, details.size) }
}

/** The header and the sealed chunks: the leaves of the hash tree. */
export function piecesOf(envelope: Uint8Array): Uint8Array[] {
  const pieces = [envelope.subarray(0, HEADER_SIZE)]
  for (let start = HEADER_SIZE; start < envelope.length; start += SEALED_CHUNK_SIZE) {
    pieces.push(envelope.subarray(start, start + SEALED_CHUNK_SIZE))
  }
  return pieces
}
