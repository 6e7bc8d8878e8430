/**
 * Messages of `/walytis-offchain/content/1.0.0` (docs/protocol.md §6): who opened the channel asks for windows, one frame each; the other answers
 * each in the order of asking, by a refusal, or by the hashes of the window's parts and then the parts themselves, a bare frame each.
 */
import { encode } from '@ipld/dag-cbor'
import { CID } from 'multiformats/cid'
import { decodeCanonical, hasFields, isBlockId } from 'walytis'
import { HASH_SIZE, WINDOW_PARTS } from '../envelope/shape.ts'

/** Asks for one window of a block's envelope. */
export interface WindowRequest {
  readonly block: CID
  readonly window: number
}

/** What precedes the parts of a window; undefined in place of it: refused, whatever the reason. */
export interface WindowHead {
  /** The hashes of the window's parts, one after the other. */
  readonly hashes: Uint8Array
  /** The audit path from the window to the root, lowest first. */
  readonly proof: Uint8Array
}

/** More than the audit path of any content has. */
const MAX_PROOF_HASHES = 32
const MAX_REQUEST_SIZE = 256
const MAX_HEAD_SIZE = (WINDOW_PARTS + MAX_PROOF_HASHES) * HASH_SIZE + 64

/** The canonical DAG-CBOR of a request. */
export function encodeRequest({ block, window }: WindowRequest): Uint8Array {
  return encode({ kind: 'fetch', block, window })
}

/** Read what a device asked for. Undefined when the bytes are no request. */
export function decodeRequest(bytes: Uint8Array): WindowRequest | undefined {
  const value = bytes.length > MAX_REQUEST_SIZE ? undefined : decodeCanonical(bytes, MAX_REQUEST_SIZE)
  if (!hasFields(value, ['block', 'kind', 'window']) || value['kind'] !== 'fetch') return undefined
  const block = CID.asCID(value['block'])
  const window: unknown = value['window']
  if (block === null || !isBlockId(block)) return undefined
  return typeof window === 'number' && Number.isSafeInteger(window) && window >= 0 ? { block, window } : undefined
}

/** The canonical DAG-CBOR of an answer's head; undefined refuses. */
export function encodeHead(head: WindowHead | undefined): Uint8Array {
  return head === undefined
    ? encode({ kind: 'missing' })
    : encode({ kind: 'window', hashes: head.hashes, proof: head.proof })
}

/** Read the head of an answer. `broken`: the bytes are none. */
export function decodeHead(bytes: Uint8Array): WindowHead | 'missing' | 'broken' {
  const value = bytes.length > MAX_HEAD_SIZE ? undefined : decodeCanonical(bytes, MAX_HEAD_SIZE)
  if (hasFields(value, ['kind']) && value['kind'] === 'missing') return 'missing'
  if (!hasFields(value, ['hashes', 'kind', 'proof']) || value['kind'] !== 'window') return 'broken'
  const { hashes, proof } = value as { [field: string]: unknown }
  return areHashes(hashes, WINDOW_PARTS) && areHashes(proof, MAX_PROOF_HASHES) && hashes.length > 0
    ? { hashes, proof }
    : 'broken'
}

function areHashes(value: unknown, most: number): value is Uint8Array {
  return value instanceof Uint8Array && value.length % HASH_SIZE === 0 && value.length <= most * HASH_SIZE
}
