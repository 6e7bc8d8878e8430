import { equals } from 'uint8arrays'
import type { BlockId } from 'walytis/interface'
import type { Channel, Did, Sessions } from 'walytis-identities'
import { CHUNK_SIZE, CONTENT_PROTOCOL } from '../constants.ts'
import { rootOf } from '../envelope/hash-tree.ts'
import { MerkleLevels } from '../envelope/merkle-levels.ts'
import {
  type EnvelopeShape,
  FULL_PART_SIZE,
  HASH_SIZE,
  hashOfPieces,
  PART_PIECES,
  partSize,
  partsOf,
  splitHashes,
  splitPart,
  WINDOW_PARTS
} from '../envelope/shape.ts'
import { ExchangeError, StoreCorruptError } from '../errors.ts'
import type { ContentFile } from '../platform/content-files.ts'
import type { LargeStore } from '../store/large-store.ts'
import { MAX_SERVED, MAX_SERVED_PER_DEVICE, SERVED_DEADLINE, TREES_KEPT } from './content-limits.ts'
import { decodeRequest, encodeHead, type WindowRequest } from './content-messages.ts'
import { Watchdog } from './watchdog.ts'

/** Bytes of content in a window. */
const WINDOW_CONTENT = WINDOW_PARTS * PART_PIECES * CHUNK_SIZE

/** A large envelope that is whole here. */
export interface ServableFile {
  readonly epoch: BlockId
  readonly number: number
  readonly shape: EnvelopeShape
  /** Bytes of the content. */
  readonly size: number
  /** As the chain says. */
  readonly root: Uint8Array
}

interface ServedWindow {
  readonly block: BlockId
  readonly file: ContentFile
  readonly shape: EnvelopeShape
  /** Of its parts. */
  readonly hashes: Uint8Array
}

export interface ContentServerComponents {
  readonly sessions: Pick<Sessions, 'handle'>
  readonly large: Pick<LargeStore, 'use'>
  find(block: BlockId): Promise<ServableFile | undefined>
  entitled(device: Did, epoch: BlockId): Promise<boolean>
  /** A window was given to a device, and with it so many of the bytes of the content: up to its own end. */
  served(block: BlockId, device: Did, bytes: number, expected: number): void
  /** What lies on the disk is not what was written there. */
  damaged(block: BlockId, error: StoreCorruptError): void
}

/** The answering side of the exchange of large contents: docs/protocol.md §6. Owns the channels that are served. */
export class ContentServer {
  readonly #components: ContentServerComponents
  readonly #served = new Map<Channel, Promise<void>>()
  readonly #trees = new Map<number, MerkleLevels>()
  #unhandle: (() => void) | undefined

  constructor(components: ContentServerComponents) {
    this.#components = components
  }

  start(): void {
    this.#unhandle = this.#components.sessions.handle(CONTENT_PROTOCOL, async (channel) => {
      const serving = this.#serve(channel)
      this.#served.set(channel, serving)
      await serving.finally(() => this.#served.delete(channel))
    })
  }

  async stop(): Promise<void> {
    this.#unhandle?.()
    for (const channel of this.#served.keys()) channel.abort(new ExchangeError('closed'))
    await Promise.all(this.#served.values())
  }

  /** An envelope is no longer here. */
  forget(number: number): void {
    this.#trees.delete(number)
  }

  async #serve(channel: Channel): Promise<void> {
    if (!this.#hasRoom(channel)) {
      channel.abort(new ExchangeError('busy'))
      return
    }
    const watchdog = new Watchdog(SERVED_DEADLINE, () => channel.abort(new ExchangeError('silent')))
    try {
      for await (const frame of channel.messages()) {
        watchdog.heard()
        const request = decodeRequest(frame)
        if (request === undefined) throw new ExchangeError('request-malformed')
        await this.#answer(channel, request, watchdog)
      }
      await channel.close()
    } catch (error) {
      channel.abort(error instanceof Error ? error : new ExchangeError('channel-failed', { cause: error }))
    } finally {
      watchdog.stop()
    }
  }

  /** Where there is none, the member that takes the most gives way, so that no one member keeps the others out with all its devices. */
  #hasRoom({ device, member }: Channel): boolean {
    const served = [...this.#served.keys()].filter(({ closed }) => !closed)
    if (served.filter((other) => other.device === device).length >= MAX_SERVED_PER_DEVICE) return false
    if (served.length < MAX_SERVED) return true
    const ofMember = Map.groupBy(served, (other) => other.member)
    const [most = []] = [...ofMember.values()].sort((a, b) => b.length - a.length)
    if (most.length <= (ofMember.get(member)?.length ?? 0) + 1) return false
    most[0]?.abort(new ExchangeError('busy'))
    return true
  }

  async #answer(channel: Channel, { block, window }: WindowRequest, watchdog: Watchdog): Promise<void> {
    const { find, entitled, large, served } = this.#components
    const found = await find(block)
    if (found === undefined || window >= found.shape.windows || !(await entitled(channel.device, found.epoch))) {
      await channel.send(encodeHead(undefined))
      return
    }
    const { shape, number, epoch, size } = found
    await large.use(number, async (file) => {
      const hashes = await this.#hashes(block, file, shape, window)
      const tree = await this.#tree(block, file, found)
      await channel.send(encodeHead({ hashes, proof: joinHashes(tree.proof(window)) }))
      // One part is read while another is being sent.
      const memory = [new Uint8Array(FULL_PART_SIZE), new Uint8Array(FULL_PART_SIZE)]
      const read = async (index: number): Promise<Uint8Array> =>
        await this.#part({ block, file, shape, hashes }, window * WINDOW_PARTS + index, memory[index % 2])
      let next = read(0)
      for (let index = 0; index < partsOf(shape, window); index++) {
        const part = await next
        if (index + 1 < partsOf(shape, window)) next = read(index + 1)
        next.catch(() => undefined)
        // Asked again for each part: a membership event in the middle ends it before another byte (R14).
        if (!(await entitled(channel.device, epoch))) throw new ExchangeError('not-entitled')
        await channel.send(part)
        watchdog.heard()
      }
    })
    served(block, channel.device, Math.min(size, (window + 1) * WINDOW_CONTENT), size)
  }

  /** Disks rot, and what is given out is taken for this node's word: so each part is checked on its way. */
  async #part(
    { block, file, shape, hashes }: ServedWindow,
    index: number,
    memory: Uint8Array | undefined
  ): Promise<Uint8Array> {
    const bytes = await file.readPart(index, partSize(shape, index), memory)
    const pieces = bytes === undefined ? undefined : splitPart(shape, index, bytes)
    const start = (index % WINDOW_PARTS) * HASH_SIZE
    if (
      bytes === undefined ||
      pieces === undefined ||
      !equals(hashOfPieces(pieces), hashes.subarray(start, start + HASH_SIZE))
    ) {
      throw this.#damage(block)
    }
    return bytes
  }

  async #hashes(block: BlockId, file: ContentFile, shape: EnvelopeShape, window: number): Promise<Uint8Array> {
    const hashes = await file.readHashes(window, partsOf(shape, window) * HASH_SIZE)
    if (hashes === undefined) throw this.#damage(block)
    return hashes
  }

  async #tree(block: BlockId, file: ContentFile, { number, shape, root }: ServableFile): Promise<MerkleLevels> {
    const known = this.#trees.get(number)
    if (known !== undefined) return known
    const roots: Uint8Array[] = []
    for (let window = 0; window < shape.windows; window++) {
      roots.push(rootOf(splitHashes(await this.#hashes(block, file, shape, window))))
    }
    const tree = new MerkleLevels(roots)
    if (!equals(tree.root, root)) throw this.#damage(block)
    if (this.#trees.size >= TREES_KEPT) this.#trees.delete(this.#trees.keys().next().value ?? number)
    this.#trees.set(number, tree)
    return tree
  }

  #damage(block: BlockId): StoreCorruptError {
    const error = new StoreCorruptError(`The stored content of block ${block.toString()} is damaged`)
    this.#components.damaged(block, error)
    return error
  }
}

function joinHashes(hashes: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(hashes.length * HASH_SIZE)
  for (const [index, hash] of hashes.entries()) joined.set(hash, index * HASH_SIZE)
  return joined
}
