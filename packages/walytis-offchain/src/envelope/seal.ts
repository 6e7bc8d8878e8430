import { concat } from 'uint8arrays'
import type { Epoch } from 'walytis-identities'
import { CHUNK_SIZE } from '../constants.ts'
import type { Binding } from '../reference/binding.ts'
import { type Details, sealDetails } from '../reference/details.ts'
import { encodeReference, type Reference } from '../reference/format.ts'
import { chunkCount, sizeClassOf } from '../reference/size-class.ts'
import { sealChunk } from './chunk.ts'
import { leafHash, rootOf } from './hash-tree.ts'
import { commitmentOf, sealHeader } from './header.ts'

/** Gives `length` bytes from the platform's secure source; tests pass fixed ones. */
export type RandomBytes = (length: number) => Uint8Array

/** An epoch, and the key of the details under it: kept by callers that seal much. */
export interface OpenEpoch {
  readonly epoch: Epoch
  /** `epoch.secret(domains.detailsSecret)`. */
  readonly detailsKey: Uint8Array
}

/** A content as it leaves its author: one part for the chain, one for the members. */
export interface Sealed {
  readonly reference: Reference
  /** The encoded reference: the content of the block. */
  readonly referenceBytes: Uint8Array
  /** Header, then sealed chunks, one after the other. */
  readonly envelope: Uint8Array
  readonly details: Details
}

/** Seal a content that is held in memory: docs/protocol.md §3. `topics` have been checked by the caller. */
export function sealContent(
  content: Uint8Array,
  topics: string[],
  binding: Binding,
  { epoch, detailsKey }: OpenEpoch,
  random: RandomBytes
): Sealed {
  const details = { size: content.length, topics }
  const sizeClass = sizeClassOf(content.length)
  const contentKey = random(32)
  const pieces = [sealHeader(contentKey, random(32), binding, epoch)]
  const count = chunkCount(sizeClass)
  for (let index = 0; index < count; index++) {
    const plaintext = paddedChunk(content, index, sizeClass)
    pieces.push(sealChunk(contentKey, binding, { index, last: index === count - 1 }, plaintext))
  }
  const open = {
    epoch: epoch.id,
    root: rootOf(pieces.map(leafHash)),
    commitment: commitmentOf(contentKey, binding),
    sizeClass
  }
  const reference = { ...open, details: sealDetails(details, open, binding, detailsKey, random(24)) }
  return { reference, referenceBytes: encodeReference(reference), envelope: concat(pieces), details }
}

/** The chunk at `index` of the content followed by zeros up to its size class. */
function paddedChunk(content: Uint8Array, index: number, sizeClass: number): Uint8Array {
  const start = index * CHUNK_SIZE
  const length = Math.min(CHUNK_SIZE, sizeClass - start)
  if (start + length <= content.length) return content.subarray(start, start + length)
  const chunk = new Uint8Array(length)
  if (start < content.length) chunk.set(content.subarray(start))
  return chunk
}
