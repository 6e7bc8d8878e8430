import type { CID } from 'multiformats/cid'
import type { JudgedBlock } from 'walytis/interface'
import { decodeCanonical, encodeCanonical, isMapOf, isRefused } from '../encoding/canonical.ts'

/** What the policy keeps beside each block of an identity's chain. */
export interface IdentityAnnotation {
  /** The key event (genesis or rotation) whose keys signed the block. */
  readonly signedUnder: string
  /** The key event in force after the block: itself when it rotates, else `signedUnder`. */
  readonly key: string
}

const LIMIT = 256

/** The annotation of a block that was signed under one key event; `rotates` makes the block the next one. */
export function encodeAnnotation(annotation: IdentityAnnotation): Uint8Array {
  return encodeCanonical({ v: 1, signedUnder: annotation.signedUnder, key: annotation.key })
}

/** The annotation of a judged block. A genesis may have none: it is its own key event. Undefined: not ours. */
export function annotationOf({
  block,
  annotation
}: Pick<JudgedBlock, 'block' | 'annotation'>): IdentityAnnotation | undefined {
  if (block.chain === null) {
    const id = textOf(block.id)
    return { signedUnder: id, key: id }
  }
  const decoded = decodeCanonical(annotation, LIMIT)
  if (isRefused(decoded) || !isMapOf(decoded.value, ['v', 'signedUnder', 'key'])) {
    return undefined
  }
  const { v, signedUnder, key } = decoded.value
  return v === 1 && typeof signedUnder === 'string' && typeof key === 'string' ? { signedUnder, key } : undefined
}

/** A block's id as text, for `Map` keys and annotations. */
export function textOf(id: CID): string {
  return id.toString()
}
