import { CID } from 'multiformats/cid'
import { isDid } from '../did.ts'
import { decodeCanonical, encodeCanonical, isMapOf, isRefused } from '../encoding/canonical.ts'
import { FRONTIER_LIMIT } from '../group-constants.ts'
import type { Did } from '../interface/did.ts'

/** What the policy of a group keeps beside each block: enough to judge what follows by looking up, not by replaying. */
export interface GroupAnnotation {
  /** The nodes among the block's ancestors that no other of them follows, as block ids. */
  readonly nodes: readonly string[]
  /** Whether the block is a node itself: it carries events, or witnesses. */
  readonly node: boolean
  /** Whose block it is, by the state at its ancestors. */
  readonly author: Did
  readonly device: Did
}

const LIMIT = 16 * 1024

export function encodeGroupAnnotation({ nodes, node, author, device }: GroupAnnotation): Uint8Array {
  return encodeCanonical({ v: 1, nodes: nodes.map((id) => CID.parse(id)), node, author, device })
}

/** Undefined for bytes that this policy did not write. */
export function decodeGroupAnnotation(bytes: Uint8Array): GroupAnnotation | undefined {
  const decoded = decodeCanonical(bytes, LIMIT)
  if (isRefused(decoded) || !isMapOf(decoded.value, ['v', 'nodes', 'node', 'author', 'device'])) {
    return undefined
  }
  const { v, nodes, node, author, device } = decoded.value
  if (v !== 1 || !Array.isArray(nodes) || nodes.length > FRONTIER_LIMIT || typeof node !== 'boolean') {
    return undefined
  }
  const ids = (nodes as unknown[]).flatMap((id) => CID.asCID(id)?.toString() ?? [])
  return ids.length === nodes.length && isDid(author) && isDid(device)
    ? { nodes: ids, node, author, device }
    : undefined
}
