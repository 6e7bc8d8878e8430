import { decode, encode } from '@ipld/dag-cbor'

/** The rule that bytes break which are not the canonical DAG-CBOR of a value within the limits. */
export type CanonicalRule = 'too-large' | 'too-deep' | 'not-dag-cbor' | 'not-canonical'

/** What a reader of bytes from outside allows. */
export interface CanonicalLimits {
  /** Most bytes. */
  readonly bytes: number
  /** Deepest nesting of maps and lists. Default: whatever fits in the bytes. */
  readonly depth?: number | undefined
}

/** The canonical DAG-CBOR of a value (https://ipld.io/specs/codecs/dag-cbor/spec/#strictness). */
export function encodeCanonical(value: unknown): Uint8Array {
  return encode(value)
}

/**
 * Decode bytes of which there is exactly one encoding. Their size is checked before anything is decoded; then the value is
 * encoded again and must give the same bytes, so that no two byte strings mean the same. Never throws.
 */
export function readCanonical(
  bytes: Uint8Array,
  { bytes: maximum, depth }: CanonicalLimits
): { readonly value: unknown } | { readonly rule: CanonicalRule } {
  if (bytes.byteLength > maximum) return { rule: 'too-large' }
  try {
    const value: unknown = decode(bytes)
    if (depth !== undefined && !isWithinDepth(value, depth)) return { rule: 'too-deep' }
    return equalBytes(encode(value), bytes) ? { value } : { rule: 'not-canonical' }
  } catch {
    // malformed, a CID that is none, or nested deeper than the stack
    return { rule: 'not-dag-cbor' }
  }
}

/** `readCanonical` for who needs no reason: undefined for whatever is wrong with the bytes. */
export function decodeCanonical(bytes: Uint8Array, maximumBytes: number): unknown {
  const read = readCanonical(bytes, { bytes: maximumBytes })
  return 'value' in read ? read.value : undefined
}

/** Whether a decoded value is a map, and neither a list, bytes, nor a CID. */
export function isMap(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** Whether a decoded value is a map of exactly these fields. */
export function hasFields<F extends string>(value: unknown, fields: readonly F[]): value is Record<F, unknown> {
  if (!isMap(value)) return false
  return Object.keys(value).length === fields.length && fields.every((field) => Object.hasOwn(value, field))
}

/** Whether a decoded value is a whole number that JavaScript holds exactly, and not negative. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

/** Whether a decoded value is bytes of a length in the given bounds, or of exactly one length. */
export function isBytes(value: unknown, minimum: number, maximum = minimum): value is Uint8Array {
  return value instanceof Uint8Array && value.byteLength >= minimum && value.byteLength <= maximum
}

/** Whether two byte strings are the same. Not for secrets: it takes longer the more of them is equal. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.byteLength !== b.byteLength) return false
  for (let i = 0; i < a.byteLength; i++) if (a[i] !== b[i]) return false
  return true
}

function isWithinDepth(value: unknown, depth: number): boolean {
  if (Array.isArray(value)) return depth > 0 && value.every((item) => isWithinDepth(item, depth - 1))
  return !isMap(value) || (depth > 0 && Object.values(value).every((item) => isWithinDepth(item, depth - 1)))
}
