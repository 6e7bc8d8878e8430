import type { AbortOptions } from '@libp2p/interface'
import { InvalidArgumentError } from 'walytis'
import type { BatchOperation, Block, BlockId } from 'walytis/interface'
import type { Epoch, Group } from 'walytis-identities'
import { MAX_CONTENT_SIZE, MAX_INLINE_SIZE, MAX_TOPIC_SIZE, MAX_TOPICS, SEAL_ATTEMPTS } from './constants.ts'
import { type OpenEpoch, type RandomBytes, type Sealed, sealContent } from './envelope/seal.ts'
import { KeyUnavailableError, LimitExceededError } from './errors.ts'
import { CONTENT_TOPICS } from './on-chain.ts'
import type { Reader } from './reader.ts'
import { type Binding, bindingOf } from './reference/binding.ts'
import { areTopics } from './reference/details.ts'
import type { BlockRow } from './store/block-row.ts'
import type { ContentStore, Reservation } from './store/content-store.ts'

export interface WritingComponents {
  readonly group: Pick<Group, 'blockchain' | 'epochs' | 'me'>
  readonly store: ContentStore
  readonly reader: Pick<Reader, 'detailsKey'>
  readonly random: RandomBytes
}

/** A content that was sealed for a place in the chain, and what else goes into the batch of its block. */
export interface Draft<S> {
  readonly sealed: S
  /** The number of its envelope. */
  readonly envelope: number
  operations(id: BlockId): BatchOperation[]
}

/** What of a sealed content stands on the chain. */
type OnChainPart = Pick<Sealed, 'referenceBytes' | 'details'>

/** Seals for the place and under the epoch of the position that a block gets. */
export type SealAt<S extends OnChainPart> = (place: Binding, epoch: OpenEpoch) => Promise<Draft<S>>

/** A block of this node, with all that was written beside it. */
export interface Written<S> {
  readonly block: Block
  readonly row: BlockRow
  readonly sealed: S
}

/** Ends an attempt: no epoch that this device has covers the block's position. */
class NeedsEpoch extends Error {
  override readonly name = 'NeedsEpoch'
}

/**
 * Seal a content that is held in memory, and write block, envelope and index rows in one batch.
 *
 * @throws {KeyUnavailableError} when no epoch could be had
 */
export async function writeSealed(
  components: WritingComponents,
  content: Uint8Array,
  topics: string[],
  options: AbortOptions = {}
): Promise<Written<Sealed>> {
  const { store, random } = components
  const sealAt: SealAt<Sealed> = async (place, epoch) => {
    const sealed = sealContent(content, topics, place, epoch, random)
    const envelope = store.nextEnvelope()
    return { sealed, envelope, operations: () => [store.putEnvelope(envelope, sealed.envelope)] }
  }
  return await writeBlock(components, sealAt, options)
}

/**
 * Write a block whose content is sealed under the epoch that its position asks for.
 *
 * @throws {KeyUnavailableError} when no epoch could be had
 */
export async function writeBlock<S extends OnChainPart>(
  components: WritingComponents,
  sealAt: SealAt<S>,
  options: AbortOptions = {}
): Promise<Written<S>> {
  const { group } = components
  for (let attempt = 0; attempt < SEAL_ATTEMPTS; attempt++) {
    const written = await attemptWrite(components, sealAt, options)
    if (written !== undefined) return written
    // Outside the writer's lock: it may have to write an epoch, or to ask other devices for a seed.
    await group.epochs.current(options)
  }
  throw new KeyUnavailableError('The epoch changed again and again while a block was being sealed')
}

/** Undefined when an epoch is needed first. */
async function attemptWrite<S extends OnChainPart>(
  { group, store, reader }: WritingComponents,
  sealAt: SealAt<S>,
  options: AbortOptions
): Promise<Written<S> | undefined> {
  const base = group.blockchain
  let made: { readonly sealed: S; readonly row: BlockRow } | undefined
  let reservation: Reservation | undefined
  const needsEpoch = new NeedsEpoch()
  try {
    const block = await base.append(async (position) => {
      const epoch = await group.epochs.at(position)
      const creator = base.writer?.creator
      if (epoch === undefined || position.chain === null || creator === undefined) throw needsEpoch
      const place = bindingOf(position.chain, creator)
      const draft = await sealAt(place, { epoch, detailsKey: reader.detailsKey(epoch) })
      const { sealed, envelope } = draft
      reservation = store.reserve()
      const row = ownRow(group.me.did, epoch, reservation.ordinal, envelope)
      made = { sealed, row }
      const { topics } = sealed.details
      return {
        content: sealed.referenceBytes,
        topics: CONTENT_TOPICS,
        batch: (id, { height, time }) => [
          ...draft.operations(id),
          store.putRow(id, row),
          store.putLogEntry(row.ordinal, { kind: 'block', id: id.toString() }),
          ...store.index.puts({ id, height, creator, time, arrival: row.ordinal, topics })
        ]
      }
    }, options)
    if (made === undefined) return undefined
    store.wrote([[block.id.toString(), made.row]])
    return { block, ...made }
  } catch (error) {
    if (error === needsEpoch) return undefined
    throw error
  } finally {
    reservation?.release()
  }
}

function ownRow(author: BlockRow['author'], epoch: Epoch, ordinal: number, envelope: number): BlockRow {
  return { author, epoch: epoch.id, ordinal, envelope, refused: '', revoked: false, wish: 'policy' }
}

/** @throws {LimitExceededError} @throws {InvalidArgumentError} */
export function checkTopics(topics: string[]): void {
  if (topics.length > MAX_TOPICS) throw new LimitExceededError('topics', MAX_TOPICS, topics.length)
  for (const topic of topics) {
    const size = new TextEncoder().encode(topic).length
    if (size > MAX_TOPIC_SIZE) throw new LimitExceededError('topic bytes', MAX_TOPIC_SIZE, size)
  }
  if (!areTopics(topics)) throw new InvalidArgumentError('topics', 'they are distinct strings, and not empty')
}

/** A content, held in memory when it is small; else as it comes. A copy, for the caller may reuse its buffers. */
export async function collect(
  content: Uint8Array | AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>,
  options: AbortOptions = {}
): Promise<Uint8Array | AsyncIterable<Uint8Array>> {
  if (content instanceof Uint8Array) {
    if (content.length > MAX_CONTENT_SIZE) {
      throw new LimitExceededError('content bytes', MAX_CONTENT_SIZE, content.length)
    }
    return content.length > MAX_INLINE_SIZE ? once(content) : content.slice()
  }
  const pieces: Uint8Array[] = []
  let size = 0
  const source = iterate(content)
  for (;;) {
    const { done, value } = await source.next()
    options.signal?.throwIfAborted()
    if (done === true) break
    size += value.length
    pieces.push(value.slice())
    if (size > MAX_INLINE_SIZE) return rest(pieces, source)
  }
  const whole = new Uint8Array(size)
  let offset = 0
  for (const piece of pieces) {
    whole.set(piece, offset)
    offset += piece.length
  }
  return whole
}

async function* once(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content
}

/** What has been taken of a source, and then the rest of it. */
async function* rest(pieces: readonly Uint8Array[], source: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* pieces
    yield* source
  } finally {
    await source.return(undefined)
  }
}

/** Not every browser's streams can be iterated. */
async function* iterate(
  content: AsyncIterable<Uint8Array> | Pick<ReadableStream<Uint8Array>, 'getReader'>
): AsyncGenerator<Uint8Array> {
  if (Symbol.asyncIterator in content) {
    yield* content
    return
  }
  const reader = content.getReader()
  let ended = false
  try {
    for (;;) {
      const { done, value } = await reader.read()
      ended = done
      if (done) return
      yield value
    }
  } finally {
    if (!ended) await reader.cancel()
    reader.releaseLock()
  }
}
