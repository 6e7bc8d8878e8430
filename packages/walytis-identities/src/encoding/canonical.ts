import { readCanonical } from 'walytis'

export { encodeCanonical, hasFields as isMapOf, isMap } from 'walytis'

/** Why bytes from outside are refused: the short, stable name of the rule they break. */
export interface Refused {
  readonly rule: string
}

/** Whether a decoder refused. */
export function isRefused<T extends object>(value: T | Refused): value is Refused {
  return 'rule' in value && Object.keys(value).length === 1
}

/** `readCanonical` for bytes of at most `limit`: the value, or the rule that the bytes break. Never throws. */
export function decodeCanonical(bytes: Uint8Array, limit: number): { readonly value: unknown } | Refused {
  return readCanonical(bytes, { bytes: limit })
}

/** Whether `value` is a byte string, of exactly `length` bytes when given. */
export function isBytes(value: unknown, length?: number): value is Uint8Array {
  return value instanceof Uint8Array && (length === undefined || value.length === length)
}
