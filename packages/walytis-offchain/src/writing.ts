import type { AbortOptions } from '@libp2p/interface'
import type { Block } from 'walytis/interface'
import type { Epoch, Group } from 'walytis-identities'
import { MAX_CONTENT_SIZE, MAX_TOPIC_SIZE, MAX_TOPICS, SEAL_ATTEMPTS } from './constants.ts'
import { type RandomBytes, type Sealed, sealContent } from './envelope/seal.ts'
import { InvalidArgumentError, KeyUnavailableError, LimitExceededError } from './errors.ts'
import { CONTENT_TOPICS } from './on-chain.ts'
import type { Reader } from './reader.ts'
import { bindingOf } from './reference/binding.ts'
import { areTopics } from './reference/details.ts'
import type { BlockRow } from './store/block-row.ts'
import type { ContentStore, Reservation } from './store/content-store.ts'

export interface WritingComponents {
  readonly group: Pick<Group, 'blockchain' | 'epochs' | 'me'>
  readonly store: ContentStore
  readonly reader: Pick<Reader, 'detailsKey'>
  readonly random: RandomBytes
}

/** A block of this node, with all that was written beside it. */
export interface Written {
  readonly block: Block
  readonly row: BlockRow
  readonly sealed: Sealed
}

/** Ends an attempt: no epoch that this device has covers the block's position. */
class NeedsEpoch extends Error {
  override readonly name = 'NeedsEpoch'
}

/**
 * Seal a content under the epoch that its position asks for, and write block, envelope and index rows in one batch.
 *
 * @throws {KeyUnavailableError} when no epoch could be had
 */
export async function writeSealed(
  components: WritingComponents,
  content: Uint8Array,
  topics: string[],
  options: AbortOptions = {}
): Promise<Written> {
  const { group } = components
  for (let attempt = 0; attempt < SEAL_ATTEMPTS; attempt++) {
    const written = await attemptWrite(components, content, topics, options)
    if (written !== undefined) return written
    // Outside the writer's lock: it may have to write an epoch, or to ask other devices for a seed.
    await group.epochs.current(options)
  }
  throw new KeyUnavailableError('The epoch changed again and again while a block was being sealed')
}

/** Undefined when an epoch is needed first. */
async function attemptWrite(
  { group, store, reader, random }: WritingComponents,
  content: Uint8Array,
  topics: string[],
  options: AbortOptions
): Promise<Written | undefined> {
  const base = group.blockchain
  let made: { readonly sealed: Sealed; readonly row: BlockRow } | undefined
  let reservation: Reservation | undefined
  const needsEpoch = new NeedsEpoch()
  try {
    const block = await base.append(async (position) => {
      const epoch = await group.epochs.at(position)
      const creator = base.writer?.creator
      if (epoch === undefined || position.chain === null || creator === undefined) throw needsEpoch
      const place = bindingOf(position.chain, creator)
      const sealed = sealContent(content, topics, place, { epoch, detailsKey: reader.detailsKey(epoch) }, random)
      reservation = store.reserve()
      const row = ownRow(group.me.did, epoch, reservation.ordinal, store.nextEnvelope())
      made = { sealed, row }
      return {
        content: sealed.referenceBytes,
        topics: CONTENT_TOPICS,
        batch: (id, { height, time }) => [
          store.putEnvelope(row.envelope, sealed.envelope),
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

/** The whole content; a copy, for the caller may reuse its buffer. @throws {LimitExceededError} as soon as it is too much */
export async function collect(
  content: Uint8Array | AsyncIterable<Uint8Array>,
  options: AbortOptions = {}
): Promise<Uint8Array> {
  if (content instanceof Uint8Array) {
    checkSize(content.length)
    return content.slice()
  }
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const piece of content) {
    options.signal?.throwIfAborted()
    size += piece.length
    checkSize(size)
    pieces.push(piece)
  }
  const whole = new Uint8Array(size)
  let offset = 0
  for (const piece of pieces) {
    whole.set(piece, offset)
    offset += piece.length
  }
  return whole
}

function checkSize(size: number): void {
  if (size > MAX_CONTENT_SIZE) throw new LimitExceededError('content bytes', MAX_CONTENT_SIZE, size)
}
