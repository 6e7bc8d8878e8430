import type { PrivateBlock } from '../../src/index.ts'

export const MiB = 1024 * 1024

/** Bytes that tell where they belong, so that none can stand for another. */
export function largeContent(size: number): Uint8Array {
  const bytes = new Uint8Array(size)
  const view = new DataView(bytes.buffer)
  for (let at = 0; at + 8 <= size; at += 8) view.setFloat64(at, at + 1)
  return bytes
}

/** The same bytes as an application streams them. */
export async function* inPieces(bytes: Uint8Array, size = 100_000): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.slice(start, start + size)
}

/** All that a stream gives. */
export async function gathered(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of source) pieces.push(piece)
  return Buffer.concat(pieces)
}

/** A content whose reading ends with the test. */
export async function contentOf(block: PrivateBlock): Promise<Buffer> {
  return await gathered(block.stream({ signal: AbortSignal.timeout(60_000) }))
}
