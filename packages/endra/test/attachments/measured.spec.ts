import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { Measured } from '../../src/attachments/measured.ts'
import type { NewAttachment } from '../../src/index.ts'

const bytes = Uint8Array.from({ length: 700_000 }, (_, at) => at % 251)

/** A stream as browsers have them that can't iterate one. */
function stream(cancelled: () => void = () => undefined): ReadableStream<Uint8Array> {
  let at = 0
  const pulled = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      if (at >= bytes.length) return controller.close()
      controller.enqueue(bytes.slice(at, at + 300_000))
      at += 300_000
    },
    cancel: cancelled
  })
  return { getReader: () => pulled.getReader() } as unknown as ReadableStream<Uint8Array>
}

async function* inPieces(): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 1_000) yield bytes.slice(at, at + 1_000)
}

describe('bytes that run through', () => {
  const sources: [string, () => NewAttachment['source']][] = [
    ['bytes', () => bytes],
    ['something to iterate', inPieces],
    ['a stream that can only be read', () => stream()]
  ]
  it.each(sources)('come out of %s as they are, counted and hashed', async (_, source) => {
    const measured = new Measured()
    const told: number[] = []
    const pieces: Uint8Array[] = []
    for await (const piece of measured.through(source(), (count) => told.push(count))) pieces.push(piece)
    expect(Buffer.concat(pieces).equals(bytes)).toBe(true)
    expect(measured.size).toBe(bytes.length)
    expect(told.at(-1)).toBe(bytes.length)
    expect(told).toEqual(told.toSorted((a, b) => a - b))
    expect(Buffer.from(measured.digest()).toString('hex')).toBe(createHash('sha256').update(bytes).digest('hex'))
  })

  it('are left where they are when nobody wants more of them', async () => {
    const cancelled = Promise.withResolvers<void>()
    for await (const piece of new Measured().through(stream(cancelled.resolve), () => undefined)) {
      expect(piece.length).toBeGreaterThan(0)
      break
    }
    await cancelled.promise
  })

  it('do not hold up whoever ends it, though the source is silent', async () => {
    const silent = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => undefined) }) }
    const ending = new AbortController()
    const taken = new Measured().through(silent, () => undefined, { signal: ending.signal }).next()
    ending.abort()
    await expect(taken).rejects.toMatchObject({ name: 'AbortError' })
  })
})
