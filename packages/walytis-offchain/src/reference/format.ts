/**
 * What stands on the chain in place of a content: docs/protocol.md §1. It tells nothing of the content but its size class; whoever lacks
 * the epoch's secret can't even tell whether two contents or two topics are equal.
 */
import { encode } from '@ipld/dag-cbor'
import { CID } from 'multiformats/cid'
import { decodeCanonical, hasFields, isBytes } from 'walytis'
import { FORMAT_VERSION, MAX_DETAILS_SIZE, MAX_REFERENCE_SIZE } from '../constants.ts'
import { isSizeClass } from './size-class.ts'

export interface Reference {
  /** The epoch event under whose secret the content is sealed. Top level: the group's policy checks it. */
  readonly epoch: CID
  /** Root of the hash tree over the envelope's header and sealed chunks. 32 bytes. */
  readonly root: Uint8Array
  /** Commits to the content key, the chain and the creator. 32 bytes. */
  readonly commitment: Uint8Array
  /** Bytes of the padded content; the number of chunks follows from it. */
  readonly sizeClass: number
  /** Size and topics, sealed under the epoch: a nonce of 24 bytes, then the ciphertext with its tag. */
  readonly details: Uint8Array
}

/** The rule that bytes break which are no reference. */
export type ReferenceRule =
  | 'reference-too-large'
  | 'reference-not-canonical'
  | 'reference-fields'
  | 'reference-version'
  | 'reference-epoch'
  | 'reference-root'
  | 'reference-commitment'
  | 'reference-size-class'
  | 'reference-details'

export type DecodedReference =
  | { readonly ok: true; readonly reference: Reference }
  | { readonly ok: false; readonly rule: ReferenceRule }

const FIELDS = ['commitment', 'details', 'epoch', 'root', 'sizeClass', 'v']
const SMALLEST_DETAILS = 24 + 16

/** The canonical DAG-CBOR of a reference. */
export function encodeReference(reference: Reference): Uint8Array {
  const { epoch, root, commitment, sizeClass, details } = reference
  return encode({ v: FORMAT_VERSION, epoch, root, commitment, sizeClass, details })
}

/** Read a reference that somebody wrote. Never throws: it gives the rule that the bytes break. */
export function decodeReference(bytes: Uint8Array): DecodedReference {
  if (bytes.length > MAX_REFERENCE_SIZE) return { ok: false, rule: 'reference-too-large' }
  const value = decodeCanonical(bytes, MAX_REFERENCE_SIZE)
  if (value === undefined) return { ok: false, rule: 'reference-not-canonical' }
  if (!hasFields(value, FIELDS)) return { ok: false, rule: 'reference-fields' }
  if (value['v'] !== FORMAT_VERSION) return { ok: false, rule: 'reference-version' }
  const epoch = CID.asCID(value['epoch'])
  if (epoch === null) return { ok: false, rule: 'reference-epoch' }
  const { root, commitment, sizeClass, details } = value as { [field: string]: unknown }
  if (!isBytes(root, 32)) return { ok: false, rule: 'reference-root' }
  if (!isBytes(commitment, 32)) return { ok: false, rule: 'reference-commitment' }
  if (!isSizeClass(sizeClass)) return { ok: false, rule: 'reference-size-class' }
  if (!(details instanceof Uint8Array) || details.length < SMALLEST_DETAILS || details.length > MAX_DETAILS_SIZE) {
    return { ok: false, rule: 'reference-details' }
  }
  return { ok: true, reference: { epoch, root, commitment, sizeClass, details } }
}
