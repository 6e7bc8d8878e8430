import type { CID } from 'multiformats/cid'
import { contentIdOf, fileContentIdOf } from '../block/id.ts'
import { equalBytes } from '../canonical.ts'
import { ClosedError } from '../errors.ts'
import type { FileProgress, FileReference } from '../replica.ts'
import type { ChainStore, KeyRange, RowWrite } from '../storage/chain-store.ts'
import { fileKey, INDEX, nodeKey, numberAt, publishedKey, unfinishedKey } from '../storage/indexes.ts'
import { CheckedNodes } from './checked-nodes.ts'
import { decodeFileRow, decodePublished, encodeFileRow, encodePublished, type FileRow } from './file-row.ts'
import { type NodePlace, placeAt, positionOf, shapeOf } from './shape.ts'

/** A node and where it belongs. */
export interface PlacedNode {
  readonly place: NodePlace
  readonly bytes: Uint8Array
}

/**
 * The larger contents of one chain on the disk: each is a numbered run of nodes, written in synced batches, and a row that says how
 * much of it is here. Nodes count for nothing without that row, so a crash leaves what the row says and no more; what was being
 * written for a block that never came is cleared away when the chain is opened. A chain that is forgotten takes all of it along.
 */
export class Files {
  readonly #store: ChainStore
  readonly #nodes: CheckedNodes
  readonly #isPublic: () => boolean
  readonly #watchers = new Map<string, Set<() => void>>()
  /** Contents whose row is just being written with a block. */
  readonly #settling = new Set<string>()
  readonly #writing = new Set<Promise<void>>()
  #isClosed = false
  #next: number

  private constructor(store: ChainStore, isPublic: () => boolean, next: number) {
    this.#store = store
    this.#nodes = new CheckedNodes((file, place) => store.read(nodeKey(file, place)))
    this.#isPublic = isPublic
    this.#next = next
  }

  /** @param isPublic whether nodes are to be found by their ids, for IPFS */
  static async open(store: ChainStore, isPublic: () => boolean): Promise<Files> {
    const last = await store.lastKey(Uint8Array.of(INDEX.node))
    const files = new Files(store, isPublic, last === undefined ? 1 : numberAt(last, 1) + 1)
    for await (const [key] of store.scan(Uint8Array.of(INDEX.unfinished))) await files.discard(numberAt(key, 1))
    return files
  }

  /** What is here of a content; undefined when nothing is. */
  async find(reference: FileReference): Promise<FileRow | undefined> {
    const row = await this.#store.read(fileKey(reference))
    if (row === undefined) return undefined
    const file = decodeFileRow(row)
    if (file === undefined) throw this.#store.damaged()
    return file
  }

  /**
   * A stored node. Undefined when it is lost or has changed on the disk: it, and all that travels after it, counts as missing from
   * then on, so that it is fetched again.
   */
  async node(reference: FileReference, file: FileRow, place: NodePlace): Promise<Uint8Array | undefined> {
    const node = await this.#nodes.read(reference, file.number, place)
    if ('bytes' in node) return node.bytes
    await this.#forget(reference, positionOf(shapeOf(reference.size), node.damaged))
    return undefined
  }

  async #forget(reference: FileReference, position: number): Promise<void> {
    const file = await this.find(reference)
    if (file === undefined || file.state === 'refused' || file.stored <= position) return
    const value = encodeFileRow({ state: 'partial', number: file.number, stored: position })
    await this.write([{ type: 'put', sublevel: this.#store.rows, key: fileKey(reference), value }])
    this.changed(reference)
  }

  /** Keep the next nodes of a content that is being fetched, and how far it has come, in one synced batch. */
  async append(reference: FileReference, position: number, nodes: readonly Uint8Array[]): Promise<void> {
    const name = nameOf(reference)
    const file = (await this.find(reference)) ?? { state: 'partial', number: this.allot(), stored: 0 }
    // written whole by this node meanwhile
    if (file.state !== 'partial' || file.stored !== position || this.#settling.has(name)) return
    const shape = shapeOf(reference.size)
    const placed = nodes.map((bytes, index) => ({ place: placeAt(shape, position + index), bytes }))
    const row = encodeFileRow({ ...file, stored: position + nodes.length })
    await this.write([
      ...this.rowsOf(file.number, placed),
      { type: 'put', sublevel: this.#store.rows, key: fileKey(reference), value: row }
    ])
    this.changed(reference)
  }

  /** No file of this root has this size: remember that, and keep nothing of it. */
  async refuse(reference: FileReference): Promise<void> {
    const file = await this.find(reference)
    const row = encodeFileRow({ state: 'refused', number: 0, stored: 0 })
    await this.write([{ type: 'put', sublevel: this.#store.rows, key: fileKey(reference), value: row }])
    if (file !== undefined) await this.clearNodes(file.number)
    this.changed(reference)
  }

  /** A number for a new file. */
  allot(): number {
    return this.#next++
  }

  /** Writes of nodes, and of where IPFS finds them. */
  rowsOf(file: number, nodes: readonly PlacedNode[]): RowWrite[] {
    const writes: RowWrite[] = []
    const { rows: sublevel } = this.#store
    for (const { place, bytes } of nodes) {
      writes.push({ type: 'put', sublevel, key: nodeKey(file, place), value: bytes })
      if (!this.#isPublic()) continue
      writes.push({ type: 'put', sublevel, key: publishedKey(idOf(place, bytes), file), value: encodePublished(place) })
    }
    return writes
  }

  /** One synced batch.
   * @throws {ClosedError} after `close` */
  async write(writes: RowWrite[]): Promise<void> {
    if (this.#isClosed) throw new ClosedError('chain')
    const writing = this.#store.write(writes)
    const settled = writing.then(undefined, () => undefined)
    this.#writing.add(settled)
    await writing.finally(() => this.#writing.delete(settled))
  }

  /** Write nothing any more, and wait for what is being written: a chain that is forgotten must stay empty. */
  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all(this.#writing)
  }

  /** The write that marks a file as belonging to no block yet, or no longer so. */
  unfinished(file: number, is: boolean): RowWrite {
    const [sublevel, key] = [this.#store.rows, unfinishedKey(file)]
    return is ? { type: 'put', sublevel, key, value: new Uint8Array() } : { type: 'del', sublevel, key }
  }

  /** The write that makes a content whole. */
  whole(reference: FileReference, number: number): RowWrite {
    const value = encodeFileRow({ state: 'whole', number, stored: shapeOf(reference.size).total })
    return { type: 'put', sublevel: this.#store.rows, key: fileKey(reference), value }
  }

  /** Forget a file that belongs to no block. First its nodes: a crash in between leaves the mark, and it is done again. */
  async discard(file: number): Promise<void> {
    await this.clearNodes(file)
    await this.#store.write([this.unfinished(file, false)])
  }

  /** Forget the nodes of a file. */
  async clearNodes(file: number): Promise<void> {
    if (this.#isPublic()) await this.#unpublish(file)
    await this.#store.clear(nodeKey(file))
  }

  /** What IPFS finds under a name: the first that is still there of what has it. */
  async published(cid: CID): Promise<Uint8Array | undefined> {
    for await (const [key, row] of this.#store.scan(publishedKey(cid))) {
      const published = decodePublished(row)
      if (published === undefined) throw this.#store.damaged()
      const number = numberAt(key, key.length - 8)
      const found =
        published === 'content' ? await this.#store.content(number) : await this.#store.read(nodeKey(number, published))
      // a disk that rots has nothing to say
      if (found !== undefined && isNamedBy(cid, found)) return found
    }
    return undefined
  }

  async #unpublish(file: number): Promise<void> {
    const prefix = nodeKey(file)
    let rest: KeyRange = {}
    for (let rows = await this.#store.page(prefix, rest, FEW); rows.length > 0; ) {
      await this.#store.write(
        rows.map(([key, bytes]) => {
          const id = idOf({ level: key[prefix.length] ?? 0, index: 0 }, bytes)
          return { type: 'del', sublevel: this.#store.rows, key: publishedKey(id, file) }
        })
      )
      rest = { gt: rows.at(-1)?.[0] }
      rows = await this.#store.page(prefix, rest, FEW)
    }
  }

  /** While `work` writes the row of a content with a block, nobody else writes it. */
  async settle<T>(reference: FileReference, work: () => Promise<T>): Promise<T> {
    const name = nameOf(reference)
    this.#settling.add(name)
    try {
      return await work()
    } finally {
      this.#settling.delete(name)
      this.changed(reference)
    }
  }

  /** Be told whenever more of a content is here, or none can be. Returns what stops it. */
  watch(reference: FileReference, listener: () => void): () => void {
    const name = nameOf(reference)
    const watchers = this.#watchers.get(name) ?? new Set()
    this.#watchers.set(name, watchers.add(listener))
    return () => {
      watchers.delete(listener)
      if (watchers.size === 0) this.#watchers.delete(name)
    }
  }

  /** Tell those who watch. */
  changed(reference: FileReference): void {
    for (const listener of [...(this.#watchers.get(nameOf(reference)) ?? [])]) listener()
  }
}

/** A content as a key of maps and sets. */
export function nameOf({ root, size }: FileReference): string {
  return `${root}/${size}`
}

export function isWhole(file: FileProgress | undefined): boolean {
  return file?.state === 'whole'
}

/** Nodes read at a time. */
const FEW = 8

function isNamedBy(cid: CID, bytes: Uint8Array): boolean {
  return equalBytes(contentIdOf(bytes).multihash.bytes, cid.multihash.bytes)
}

function idOf({ level }: NodePlace, bytes: Uint8Array): CID {
  return level === 0 ? contentIdOf(bytes) : fileContentIdOf(bytes)
}
