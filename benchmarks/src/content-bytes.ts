/** What both sides of the benchmark of larger contents know. */
import { randomFillSync } from 'node:crypto'

export const rawProtocol = '/bench/raw/1.0.0'
/** Bytes of one write: what a bare stream is fastest with. */
const pieceBytes = 64 * 1024

/** Bytes of chance, which nothing can compress; each piece differs. */
export function* contentPieces(size: number): Generator<Uint8Array> {
  const piece = randomFillSync(new Uint8Array(pieceBytes))
  for (let start = 0; start < size; start += pieceBytes) {
    new DataView(piece.buffer).setFloat64(0, start)
    yield piece.slice(0, Math.min(pieceBytes, size - start))
  }
}
