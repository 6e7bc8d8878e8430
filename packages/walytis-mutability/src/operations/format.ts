import { decode, encode } from '@ipld/dag-cbor'
import { CID } from 'multiformats/cid'
import { equalBytes, isBlockId } from 'walytis'
import type { BlockId } from 'walytis/interface'
import { MAX_OPERATION_BYTES, OPERATION_VERSION } from '../constants.ts'

/** What kind of change a block makes. */
export type ChangeKind = 'update' | 'delete' | 'restore'

/** A change as the content of its block says it (docs/protocol.md §2). */
export type Operation =
  | { readonly kind: 'update'; readonly original: BlockId; readonly content: Uint8Array }
  | { readonly kind: 'delete' | 'restore'; readonly original: BlockId }

/** Which rule an encoded operation breaks. */
export type FormatRule = 'too-large' | 'malformed' | 'not-canonical' | 'unknown-version'

/** A value, or the rule that was broken. */
export type Decoded = { readonly operation: Operation } | { readonly rule: FormatRule }

/** Canonical DAG-CBOR `{ v, original }`, or `{ v, original, content }` for an update. The kind is in the block's topic. */
export function encodeOperation(operation: Operation): Uint8Array {
  const fields = { v: OPERATION_VERSION, original: operation.original }
  return encode(operation.kind === 'update' ? { ...fields, content: operation.content } : fields)
}

/** The only decoder of operations. Never throws, whatever the bytes are. */
export function decodeOperation(kind: ChangeKind, bytes: Uint8Array): Decoded {
  if (bytes.byteLength > MAX_OPERATION_BYTES) return { rule: 'too-large' }
  let value: unknown
  try {
    value = decode(bytes)
  } catch {
    return { rule: 'malformed' }
  }
  if (!isRecord(value)) return { rule: 'malformed' }
  const { v, original, content } = value
  if (typeof v !== 'number') return { rule: 'malformed' }
  if (v !== OPERATION_VERSION) return { rule: 'unknown-version' }
  const operation = operationOf(kind, CID.asCID(original), content)
  if (operation === undefined) return { rule: 'malformed' }
  // Unknown fields, another order of keys or longer forms of numbers all show as different bytes.
  return equalBytes(encodeOperation(operation), bytes) ? { operation } : { rule: 'not-canonical' }
}

function operationOf(kind: ChangeKind, original: CID | null, content: unknown): Operation | undefined {
  // Other CIDs can be as long as the whole operation, and what is named is kept in memory.
  if (original === null || !isBlockId(original)) return undefined
  if (kind !== 'update') return { kind, original }
  return content instanceof Uint8Array ? { kind, original, content } : undefined
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && CID.asCID(value) === null
}
