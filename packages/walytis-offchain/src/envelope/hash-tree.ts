/**
 * The tree over an envelope's pieces, so that each can be checked by itself: the Merkle Tree Hash of RFC 9162 §2.1 (leaves and nodes are
 * hashed under different prefixes; a tree that isn't full splits at the largest power of two).
 */
import { equals } from 'uint8arrays'
import { sha256 } from '#primitives'

const LEAF = Uint8Array.of(0)
const NODE = Uint8Array.of(1)

/** The hash of one piece. 32 bytes. */
export function leafHash(piece: Uint8Array): Uint8Array {
  return sha256(LEAF, piece)
}

/** The root over leaf hashes, of which there is at least one (RFC 9162 §2.1.1). */
export function rootOf(leaves: readonly Uint8Array[]): Uint8Array {
  const [first] = leaves
  if (first === undefined) return sha256()
  if (leaves.length === 1) return first
  const split = largestPowerBelow(leaves.length)
  return sha256(NODE, rootOf(leaves.slice(0, split)), rootOf(leaves.slice(split)))
}

/** What proves the leaf at `index`: its siblings on the way up, lowest first (RFC 9162 §2.1.3.1). */
export function proofOf(leaves: readonly Uint8Array[], index: number): Uint8Array[] {
  if (leaves.length <= 1) return []
  const split = largestPowerBelow(leaves.length)
  return index < split
    ? [...proofOf(leaves.slice(0, split), index), rootOf(leaves.slice(split))]
    : [...proofOf(leaves.slice(split), index - split), rootOf(leaves.slice(0, split))]
}

/** Whether `leaf` is the one at `index` of the `count` leaves under `root` (RFC 9162 §2.1.3.2). */
export function provesLeaf(
  root: Uint8Array,
  leaf: Uint8Array,
  index: number,
  count: number,
  proof: readonly Uint8Array[]
): boolean {
  if (index < 0 || index >= count) return false
  let node = index
  let last = count - 1
  let hash = leaf
  for (const sibling of proof) {
    if (last === 0) return false
    if (node % 2 === 1 || node === last) {
      hash = sha256(NODE, sibling, hash)
      // A node without a right sibling stands in for its parents until it is one that has a left sibling.
      while (node % 2 === 0 && node !== 0) {
        node = Math.floor(node / 2)
        last = Math.floor(last / 2)
      }
    } else {
      hash = sha256(NODE, hash, sibling)
    }
    node = Math.floor(node / 2)
    last = Math.floor(last / 2)
  }
  return last === 0 && equals(hash, root)
}

function largestPowerBelow(count: number): number {
  let power = 1
  while (power * 2 < count) power *= 2
  return power
}
