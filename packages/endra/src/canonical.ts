import { decode, encode } from '@ipld/dag-cbor'
import { equals } from 'uint8arrays/equals'

/** What a decoder of untrusted bytes gives: the value, or the short, stable name of the rule that the bytes break. */
export type Decoded<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly rule: string }

/** A map as DAG-CBOR decodes it. */
export type Fields = Record<string, unknown>

/**
 * Decode canonical DAG-CBOR. The size is checked before anything is decoded, and the value is encoded again and compared, so
 * that no two encodings mean the same. Never throws.
 *
 * @param limits - `bytes`: most bytes; `depth`: deepest nesting of maps and lists
 */
export function decodeCanonical(bytes: Uint8Array, limits: { bytes: number; depth: number }): Decoded<unknown> {
  if (bytes.byteLength > limits.bytes) return { ok: false, rule: 'too-large' }
  try {
    const value: unknown = decode(bytes)
    if (!withinDepth(value, limits.depth)) return { ok: false, rule: 'too-deep' }
    if (!equals(encode(value), bytes)) return { ok: false, rule: 'not-canonical' }
    return { ok: true, value }
  } catch {
    // What can be thrown here says nothing beyond "these bytes are not DAG-CBOR": malformed CBOR, a bad CID, too deep for the stack.
    return { ok: false, rule: 'not-dag-cbor' }
  }
}

/** Whether maps and lists nest at most `depth` deep. */
function withinDepth(value: unknown, depth: number): boolean {
  if (Array.isArray(value)) return depth > 0 && value.every((item) => withinDepth(item, depth - 1))
  if (isMap(value)) return depth > 0 && Object.values(value).every((item) => withinDepth(item, depth - 1))
  return true
}

/** Whether a decoded value is a map, and neither a list, bytes, nor a CID. */
export function isMap(value: unknown): value is Fields {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** Whether a map has all of `required` and nothing besides `required` and `optional`. */
export function hasExactly(map: Fields, required: readonly string[], optional: readonly string[] = []): boolean {
  const keys = Object.keys(map)
  return (
    required.every((name) => Object.hasOwn(map, name)) &&
    keys.every((name) => required.includes(name) || optional.includes(name))
  )
}

/** Whether a value is well-formed text of 1 to `maxBytes` bytes of UTF-8. */
export function isText(value: unknown, maxBytes: number): value is string {
  return typeof value === 'string' && value.length > 0 && value.isWellFormed() && utf8Length(value) <= maxBytes
}

function utf8Length(text: string): number {
  return new TextEncoder().encode(text).byteLength
}
