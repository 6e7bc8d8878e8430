/**
 * A copy, as a `Uint8Array` proper. Node's `Buffer`, which callers and databases like to pass, is a `Uint8Array` whose own
 * `slice` copies nothing: changing its result would change the original.
 */
export function copyBytes(bytes: Uint8Array, start = 0, end: number = bytes.length): Uint8Array {
  return new Uint8Array(bytes.subarray(start, end))
}
