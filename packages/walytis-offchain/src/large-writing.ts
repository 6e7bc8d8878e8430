import type { AbortOptions } from '@libp2p/interface'
import { CID } from 'multiformats/cid'
import { equals } from 'uint8arrays'
import { commitmentOf, sealHeader } from './envelope/header.ts'
import type { Sealed } from './envelope/seal.ts'
import { type HeadlessEnvelope, sealStream } from './envelope/seal-stream.ts'
import { KeyUnavailableError } from './errors.ts'
import type { ContentFile } from './platform/content-files.ts'
import { type Binding, bindingOf } from './reference/binding.ts'
import { sealDetails } from './reference/details.ts'
import { encodeReference } from './reference/format.ts'
import { type WritingComponents, type Written, writeBlock } from './writing.ts'

/** A large content as it leaves its author: its envelope is in a file. */
export type LargeSealed = Omit<Sealed, 'envelope'>

interface LargeOptions extends AbortOptions {
  /** Told of the bytes of content that were sealed so far. */
  onBytes?: ((bytes: number) => void) | undefined
}

/**
 * Seal a large content as it comes, in constant memory, and write its block. Where that ends before the block is on the disk, for whatever
 * reason, nothing of it stays.
 *
 * @throws {LimitExceededError} as soon as it is too much
 * @throws {KeyUnavailableError} when no epoch could be had, or this device's key was changed meanwhile
 */
export async function writeLarge(
  components: WritingComponents,
  source: AsyncIterable<Uint8Array>,
  topics: string[],
  options: LargeOptions = {}
): Promise<Written<LargeSealed>> {
  const { store, group, random } = components
  const creator = group.blockchain.writer?.creator
  if (creator === undefined) throw new KeyUnavailableError('This device can not write to the chain')
  const binding = bindingOf(CID.parse(group.blockchain.id), creator)
  const number = store.nextEnvelope()
  const contentKey = random(32)
  await store.large.begin(number)
  try {
    return await store.large.use(number, async (file) => {
      const envelope = await sealStream(source, contentKey, binding, file, options)
      // Once and for all, outside the writer's lock; what is left to sync there is little.
      await file.sync()
      options.signal?.throwIfAborted()
      return await writeAround(components, { number, file, envelope, contentKey, binding, topics }, options)
    })
  } catch (error) {
    // Where that fails too, the next start does it; why the content could not be written matters more.
    await store.large.remove(number).catch(() => undefined)
    throw error
  } finally {
    contentKey.fill(0)
  }
}

interface Made {
  readonly number: number
  readonly file: ContentFile
  readonly envelope: HeadlessEnvelope
  readonly contentKey: Uint8Array
  readonly binding: Binding
  readonly topics: string[]
}

async function writeAround(
  components: WritingComponents,
  { number, file, envelope, contentKey, binding, topics }: Made,
  options: AbortOptions
): Promise<Written<LargeSealed>> {
  const { store, random } = components
  return await writeBlock(
    components,
    async (place, { epoch, detailsKey }) => {
      if (!equals(place.creator, binding.creator)) {
        throw new KeyUnavailableError('The key of this device was changed while a content was being sealed')
      }
      const { root, firstPart, firstHashes } = envelope.withHeader(sealHeader(contentKey, random(32), binding, epoch))
      await file.writePart(0, firstPart)
      await file.writeHashes(0, firstHashes)
      await file.sync()
      const { size, sizeClass } = envelope
      const details = { size, topics }
      const open = { epoch: epoch.id, root, commitment: commitmentOf(contentKey, binding), sizeClass }
      const reference = { ...open, details: sealDetails(details, open, binding, detailsKey, random(24)) }
      const sealed = { reference, referenceBytes: encodeReference(reference), details }
      return { sealed, envelope: number, operations: (id) => [store.large.whole(number, id)] }
    },
    options
  )
}
