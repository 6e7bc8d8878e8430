import type { CID } from 'multiformats/cid'
import { FILE_BATCH_BYTES, FILE_FANOUT } from '../constants.ts'
import { AccessDeniedError, StoreCorruptError } from '../errors.ts'
import type { BlockId } from '../interface/index.ts'
import type { ExchangedFiles, FileReference } from '../replica.ts'
import type { Frames } from '../sync/framing.ts'
import { within } from './deadline.ts'
import { ANSWER_DEADLINE, GRANT_DEADLINE, NODE_DEADLINE, WINDOW_NODES } from './limits.ts'
import { decodeContentMessage, encodeContentMessage } from './messages.ts'
import { checkNode, linksOfNode } from './node.ts'
import { type FileShape, type NodePlace, parentOf, placeAt, positionOf, shapeOf } from './shape.ts'

export interface DownloadInit {
  readonly frames: Frames
  readonly chain: BlockId
  readonly block: BlockId
  readonly reference: FileReference
  readonly files: ExchangedFiles
  /** Asked before every node that is taken. */
  permits(): boolean
  readonly signal: AbortSignal
}

/**
 * `whole`: all nodes are here. `some`: all that the peer has. `nothing`: it has no more than this node. `wrong`: it sent bytes that are not
 * what was asked for. `invalid`: nobody can have the content.
 */
export type DownloadResult = 'whole' | 'some' | 'nothing' | 'wrong' | 'invalid'

/**
 * Fetch what is missing of a content from one peer. Every node is checked before it is kept, and kept before more is let come.
 * Throws when the stream breaks, a deadline passes or the signal comes; what was checked is on the disk by then.
 */
export async function download(init: DownloadInit): Promise<DownloadResult> {
  const { reference, files } = init
  const shape = shapeOf(reference.size)
  const from = (await files.progress(reference))?.stored ?? 0
  const { chain, block } = init
  const request = encodeContentMessage({ type: 'fetch', chain, block, from, until: from + WINDOW_NODES })
  await write(init, request)
  const answer = decodeContentMessage(await read(init, ANSWER_DEADLINE))
  if (answer?.type !== 'answer') return 'wrong'
  if (answer.until <= from) return 'nothing'
  const keeper = new NodeKeeper(init, from, Math.min(answer.until, shape.total))
  const links = new Links(shape, reference, files)
  try {
    for (let position = from; position < Math.min(answer.until, shape.total); position++) {
      const place = placeAt(shape, position)
      const bytes = await read(init, NODE_DEADLINE)
      if (!init.permits()) throw new AccessDeniedError()
      const checked = checkNode(shape, place, await links.idOf(place), bytes)
      if ('rule' in checked) {
        if (checked.rule === 'hash') return 'wrong'
        await keeper.finish()
        await files.refuse(reference)
        return 'invalid'
      }
      links.remember(place, checked.links)
      await keeper.keep(bytes)
    }
  } finally {
    await keeper.finish()
  }
  return answer.until >= shape.total ? 'whole' : 'some'
}

/** Writes checked nodes, several at once where they have gathered, and lets the peer go on by as many as are on the disk. */
class NodeKeeper {
  readonly #init: DownloadInit
  readonly #waiting: Uint8Array[] = []
  #waitingBytes = 0
  readonly #end: number
  #stored: number
  #granted: number
  #writing: Promise<void> | undefined
  #failure: { readonly error: unknown } | undefined

  constructor(init: DownloadInit, stored: number, end: number) {
    this.#init = init
    this.#stored = stored
    this.#end = end
    this.#granted = stored + WINDOW_NODES
  }

  /** Waits only while much is waiting already. */
  async keep(node: Uint8Array): Promise<void> {
    this.#waiting.push(node)
    this.#waitingBytes += node.length
    this.#writing ??= this.#write()
    if (this.#waitingBytes >= FILE_BATCH_BYTES) await this.#writing
    if (this.#failure !== undefined) throw this.#failure.error
  }

  /** Resolves once all is on the disk. */
  async finish(): Promise<void> {
    await this.#writing
    if (this.#failure !== undefined) throw this.#failure.error
  }

  async #write(): Promise<void> {
    const { files, reference } = this.#init
    try {
      while (this.#waiting.length > 0) {
        const nodes = this.#waiting.splice(0)
        this.#waitingBytes = 0
        await files.append(reference, this.#stored, nodes)
        this.#stored += nodes.length
        const until = this.#stored + WINDOW_NODES
        // not for every node: half a window is still under way
        if (this.#granted >= this.#end || until - this.#granted < WINDOW_NODES / 2) continue
        this.#granted = until
        await write(this.#init, encodeContentMessage({ type: 'grant', until }))
      }
    } catch (error) {
      this.#failure = { error }
    } finally {
      this.#writing = undefined
    }
  }
}

/** Which id each next node must have: that by which its parent links to it. Remembers one node of each level. */
class Links {
  readonly #shape: FileShape
  readonly #reference: FileReference
  readonly #files: ExchangedFiles
  readonly #known = new Map<number, { readonly index: number; readonly links: readonly CID[] }>()

  constructor(shape: FileShape, reference: FileReference, files: ExchangedFiles) {
    this.#shape = shape
    this.#reference = reference
    this.#files = files
  }

  remember({ level, index }: NodePlace, links: readonly CID[]): void {
    if (level > 0) this.#known.set(level, { index, links })
  }

  async idOf(place: NodePlace): Promise<CID> {
    const parent = parentOf(this.#shape, place)
    if (parent === undefined) return this.#reference.root
    if (this.#known.get(parent.level)?.index !== parent.index) {
      // where an earlier attempt left off
      const bytes = await this.#files.read(this.#reference, positionOf(this.#shape, parent))
      this.remember(parent, linksOfNode(this.#shape, parent, bytes) ?? [])
    }
    const id = this.#known.get(parent.level)?.links[place.index % FILE_FANOUT]
    if (id === undefined) throw new StoreCorruptError(`(content ${this.#reference.root})`)
    return id
  }
}

async function read({ frames, signal }: DownloadInit, milliseconds: number): Promise<Uint8Array> {
  return await within(milliseconds, signal, (ending) => frames.read({ signal: ending }))
}

async function write({ frames, signal }: DownloadInit, message: Uint8Array): Promise<void> {
  await within(GRANT_DEADLINE, signal, (ending) => frames.write([message], { signal: ending }))
}
