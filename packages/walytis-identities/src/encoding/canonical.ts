import * as dagCbor from '@ipld/dag-cbor'
import { equals } from 'uint8arrays/equals'

/** Why bytes from outside are refused: the short, stable name of the rule they break. */
export interface Refused {
  readonly rule: string
}

/** Whether a decoder refused. */
export function isRefused<T extends object>(value: T | Refused): value is Refused {
  return 'rule' in value && Object.keys(value).length === 1
}

/** The canonical DAG-CBOR of a value (https://ipld.io/specs/codecs/dag-cbor/spec/#strictness). */
export function encodeCanonical(value: unknown): Uint8Array {
  return dagCbor.encode(value)
}

/**
 * Decode bytes that must be canonical DAG-CBOR of at most `limit` bytes. The size is looked at first; then the value is encoded
 * again and must give the same bytes, so that no value has two encodings. Never throws.
 */
export function decodeCanonical(bytes: Uint8Array, limit: number): { readonly value: unknown } | Refused {
  if (bytes.length > limit) {
    return { rule: 'too-large' }
  }
  try {
    const value: unknown = dagCbor.decode(bytes)
    return equals(dagCbor.encode(value), bytes) ? { value } : { rule: 'not-canonical' }
  } catch {
    return { rule: 'not-dag-cbor' }
  }
}

/** Whether `value` is a map with exactly these fields. */
export function isMapOf<K extends string>(value: unknown, fields: readonly K[]): value is Record<K, unknown> {
  if (!isMap(value)) {
    return false
  }
  const keys = Object.keys(value)
  return keys.length === fields.length && fields.every((field) => Object.hasOwn(value, field))
}

/** Whether `value` is a decoded map (not a list, byte string or CID). */
export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}

/** Whether `value` is a byte string, of exactly `length` bytes when given. */
export function isBytes(value: unknown, length?: number): value is Uint8Array {
  return value instanceof Uint8Array && (length === undefined || value.length === length)
}
