import { ScanError } from '../errors.ts'

/**
 * Undo Snappy's compression, the way LevelDB stores blocks of its tables.
 *
 * Source: google/snappy, format_description.txt.
 *
 * @throws {ScanError} when the bytes are no Snappy block
 */
export function decompressSnappy(bytes: Uint8Array): Uint8Array {
  const header = readVarint(bytes, 0)
  const output = new Uint8Array(header.value)
  let from = header.next
  let to = 0
  const little = (at: number, count: number): number => {
    let value = 0
    for (let index = count - 1; index >= 0; index--) value = value * 256 + (bytes[at + index] ?? Number.NaN)
    return value
  }
  while (from < bytes.length) {
    const tag = bytes[from] ?? 0
    from += 1
    if ((tag & 3) === 0) {
      let length = (tag >> 2) + 1
      if (length > 60) {
        const count = length - 60
        length = little(from, count) + 1
        from += count
      }
      if (!(from + length <= bytes.length && to + length <= output.length))
        throw new ScanError('a Snappy literal is cut')
      output.set(bytes.subarray(from, from + length), to)
      from += length
      to += length
      continue
    }
    const [length, offset, used] =
      (tag & 3) === 1
        ? [4 + ((tag >> 2) & 7), ((tag >> 5) << 8) + little(from, 1), 1]
        : [(tag >> 2) + 1, little(from, (tag & 3) === 2 ? 2 : 4), (tag & 3) === 2 ? 2 : 4]
    from += used
    if (!(offset > 0 && offset <= to && to + length <= output.length))
      throw new ScanError('a Snappy copy is out of range')
    // Byte by byte: the source may overlap what is being written.
    for (let index = 0; index < length; index++) output[to + index] = output[to + index - offset] ?? 0
    to += length
  }
  if (to !== output.length) throw new ScanError('a Snappy block has another length than it says')
  return output
}

/** A base-128 number, least significant group first. `next` is where it ends. */
export function readVarint(bytes: Uint8Array, at: number): { readonly value: number; readonly next: number } {
  let value = 0
  for (let index = 0; index < 8; index++) {
    const byte = bytes[at + index]
    if (byte === undefined) break
    value += (byte & 0x7f) * 2 ** (7 * index)
    if (byte < 0x80) return { value, next: at + index + 1 }
  }
  throw new ScanError('a number is cut or too long')
}
