import { decode, encode, prepare } from '@ipld/dag-pb'
import { UnixFS } from 'ipfs-unixfs'
import type { CID } from 'multiformats/cid'
import { contentIdOf, fileContentIdOf, isFileContentId, isLeafContentId } from '../block/id.ts'
import { equalBytes } from '../canonical.ts'
import { bytesUnder, childrenOf, type FileShape, type NodePlace } from './shape.ts'

/** Nodes of larger contents: what each must be, by its place in the tree. Pure; never throws for what the bytes are. */

/** The largest node: a leaf. An inner node with all its links has some 55 KiB. */
export const MAX_NODE_BYTES = 256 * 1024

/**
 * `hash`: these are not the bytes of the id, so whoever sent them erred or lied. `shape`: they are, but no file of that size has such
 * a node, so nobody can ever have the content.
 */
export type NodeRule = 'hash' | 'shape'

/** A node that passed: the ids of its children; none for a leaf. */
export type CheckedNode = { readonly links: readonly CID[] } | { readonly rule: NodeRule }

/** Check bytes that are said to be the node of an id, at a place of a tree. */
export function checkNode(shape: FileShape, place: NodePlace, id: CID, bytes: Uint8Array): CheckedNode {
  const isLeaf = place.level === 0
  const actual = isLeaf ? contentIdOf(bytes) : fileContentIdOf(bytes)
  if (!actual.equals(id)) return { rule: 'hash' }
  if (isLeaf) return bytes.length === bytesUnder(shape, place) ? { links: [] } : { rule: 'shape' }
  const links = linksOfNode(shape, place, bytes)
  return links === undefined ? { rule: 'shape' } : { links }
}

/** The ids of an inner node's children; undefined unless it is the one encoding of the node that must stand at this place. */
export function linksOfNode(shape: FileShape, place: NodePlace, bytes: Uint8Array): CID[] | undefined {
  const children = childrenOf(shape, place)
  try {
    const node = decode(bytes)
    if (node.Links.length !== children.length) return undefined
    const links = node.Links.map(({ Hash }) => Hash as unknown as CID)
    const memory = new Map<string, Sizes>()
    const isForm = place.level === 1 ? isLeafContentId : isFileContentId
    if (!links.every(isForm)) return undefined
    const expected = encodeNode(
      children.map((child, index) => ({ ...sizesOf(shape, child, memory), id: links[index] ?? FORM }))
    )
    return equalBytes(expected, bytes) ? links : undefined
  } catch {
    // no protobuf, or links of other forms
    return undefined
  }
}

/** An inner node: UnixFS 1 `File` with the sizes of what its links lead to, and no bytes of its own. */
function encodeNode(children: readonly (Sizes & { readonly id: CID })[]): Uint8Array {
  const file = new UnixFS({ type: 'file', blockSizes: children.map(({ bytes }) => BigInt(bytes)) })
  return encode(
    prepare({
      Data: file.marshal(),
      Links: children.map(({ id, treeBytes }) => ({ Name: '', Tsize: treeBytes, Hash: id }))
    })
  )
}

/**
 * Bytes of content beneath a node, and encoded bytes of its whole subtree, which dag-pb's `Tsize` states. Ids have one length, so the
 * shape decides both; and all nodes of a level but the last are alike, which the memory is for.
 */
function sizesOf(shape: FileShape, place: NodePlace, memory: Map<string, Sizes>): Sizes {
  const bytes = bytesUnder(shape, place)
  if (place.level === 0) return { bytes, treeBytes: bytes }
  const key = `${place.level}/${bytes}`
  let sizes = memory.get(key)
  if (sizes === undefined) {
    const children = childrenOf(shape, place).map((child) => ({ ...sizesOf(shape, child, memory), id: FORM }))
    const beneath = children.reduce((sum, child) => sum + child.treeBytes, 0)
    sizes = { bytes, treeBytes: encodeNode(children).length + beneath }
    memory.set(key, sizes)
  }
  return sizes
}

interface Sizes {
  readonly bytes: number
  readonly treeBytes: number
}

/** Any id: only its length matters. */
const FORM = contentIdOf(new Uint8Array())
