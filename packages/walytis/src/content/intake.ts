import type { AbortOptions } from '@libp2p/interface'
import { raceSignal } from 'race-signal'
import { copyBytes } from '../bytes.ts'
import { MAX_CONTENT_BYTES, MAX_FILE_BYTES } from '../constants.ts'
import { LimitExceededError } from '../errors.ts'
import { concat } from '../storage/indexes.ts'

/** What an application gives to `add`: bytes that travel with their block, or the source of a larger content. */
export type Taken = Uint8Array | AsyncIterable<Uint8Array>

/**
 * A copy: the caller may reuse its buffer while the block waits for its turn.
 *
 * @throws {LimitExceededError} more than 256 GiB
 */
export function takeBytes(content: Uint8Array): Taken {
  if (content.length > MAX_FILE_BYTES) throw new LimitExceededError('bytes of content', MAX_FILE_BYTES, content.length)
  const copy = copyBytes(content)
  return copy.length <= MAX_CONTENT_BYTES ? copy : piecesOf([copy])
}

/** All of a content up to 256 KiB; of a larger one what was read to find out, and then the rest as it comes. */
export async function takeStart(content: AsyncIterable<Uint8Array>, options: AbortOptions): Promise<Taken> {
  const source = interruptible(content, options)
  const start: Uint8Array[] = []
  let size = 0
  for (let next = await source.next(); next.done !== true; next = await source.next()) {
    start.push(copyBytes(next.value))
    size += next.value.length
    if (size > MAX_CONTENT_BYTES) return piecesOf(start, source)
  }
  return concat(...start)
}

async function* piecesOf(start: readonly Uint8Array[], rest?: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* start
  if (rest !== undefined) yield* rest
}

/** A source that gives nothing for ever must not keep who has lost patience. */
async function* interruptible(
  source: AsyncIterable<Uint8Array>,
  { signal }: AbortOptions
): AsyncGenerator<Uint8Array, void, undefined> {
  const iterator = source[Symbol.asyncIterator]()
  try {
    for (;;) {
      const next = await raceSignal(iterator.next(), signal)
      if (next.done === true) return
      yield next.value
    }
  } finally {
    // not waited for: the source may be stuck, and it has been told
    void iterator.return?.()?.then(undefined, () => undefined)
  }
}
