import { readCanonical } from 'walytis'

export { isMap } from 'walytis'

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
  const read = readCanonical(bytes, limits)
  return 'rule' in read ? { ok: false, rule: read.rule } : { ok: true, value: read.value }
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
