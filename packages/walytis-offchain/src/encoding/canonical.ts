/** Reading what others wrote: one encoding for each value, and none of it trusted. */
import { decode, encode } from '@ipld/dag-cbor'
import { equals } from 'uint8arrays'

/** A value whose canonical encoding is exactly `bytes`, or undefined. */
export function decodeCanonical(bytes: Uint8Array): unknown {
  try {
    const value: unknown = decode(bytes)
    return value !== undefined && equals(encode(value), bytes) ? value : undefined
  } catch {
    return undefined
  }
}

/** Whether a decoded value is a map with exactly these fields, given in sorted order. */
export function hasFields(value: unknown, fields: readonly string[]): value is { [field: string]: unknown } {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Uint8Array) return false
  const names = Object.keys(value).sort()
  return names.length === fields.length && names.every((name, index) => name === fields[index])
}

/** Whether a decoded value is a byte string of this length. */
export function isBytes(value: unknown, length: number): value is Uint8Array {
  return value instanceof Uint8Array && value.length === length
}
