import { decode, encode } from '@ipld/dag-cbor'

/**
 * Decode bytes of which there is exactly one encoding: DAG-CBOR that is re-encoded and compared, so that no two byte
 * strings mean the same.
 *
 * @returns undefined for whatever is wrong with the bytes; never throws
 */
export function decodeCanonical(bytes: Uint8Array, maximumBytes: number): unknown {
  if (bytes.byteLength > maximumBytes) return undefined
  try {
    const value: unknown = decode(bytes)
    return equalBytes(encode(value), bytes) ? value : undefined
  } catch {
    // not DAG-CBOR, or nested deeper than the stack
    return undefined
  }
}

/** Whether a decoded value is a map of exactly these fields. */
export function hasFields<F extends string>(value: unknown, fields: readonly F[]): value is Record<F, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Uint8Array) return false
  return Object.keys(value).length === fields.length && fields.every((field) => Object.hasOwn(value, field))
}

/** Whether a decoded value is a whole number that JavaScript holds exactly, and not negative. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

/** Whether a decoded value is bytes of a length in the given bounds. */
export function isBytes(value: unknown, minimum: number, maximum: number): value is Uint8Array {
  return value instanceof Uint8Array && value.byteLength >= minimum && value.byteLength <= maximum
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.byteLength !== b.byteLength) return false
  for (let i = 0; i < a.byteLength; i++) if (a[i] !== b[i]) return false
  return true
}
