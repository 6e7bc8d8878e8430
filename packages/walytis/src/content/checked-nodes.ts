import { LRUCache } from 'lru-cache'
import type { CID } from 'multiformats/cid'
import { FILE_FANOUT } from '../constants.ts'
import type { FileReference } from '../replica.ts'
import { checkNode } from './node.ts'
import { type NodePlace, parentOf, shapeOf } from './shape.ts'

/** A stored node, or the place of the one, itself or above it, that is lost or has changed on the disk. */
export type ReadNode = { readonly bytes: Uint8Array } | { readonly damaged: NodePlace }

/** Inner nodes whose links are remembered: each level of a tree needs one at a time, for each of a few readers. */
const REMEMBERED = 16

/**
 * Reads stored nodes, each checked against the id by which its parent, or the block, names it: disks rot, and what they give out is
 * shown and served as somebody's word.
 */
export class CheckedNodes {
  readonly #read: (file: number, place: NodePlace) => Promise<Uint8Array | undefined>
  readonly #links = new LRUCache<string, readonly CID[]>({ max: REMEMBERED })

  constructor(read: (file: number, place: NodePlace) => Promise<Uint8Array | undefined>) {
    this.#read = read
  }

  async read(reference: FileReference, file: number, place: NodePlace): Promise<ReadNode> {
    const shape = shapeOf(reference.size)
    const parent = parentOf(shape, place)
    let id: CID | undefined = reference.root
    if (parent !== undefined) {
      const links = await this.#linksOf(reference, file, parent)
      if ('damaged' in links) return links
      id = links.links[place.index % FILE_FANOUT]
    }
    const bytes = await this.#read(file, place)
    if (id === undefined || bytes === undefined) return { damaged: place }
    const checked = checkNode(shape, place, id, bytes)
    if ('rule' in checked) return { damaged: place }
    if (place.level > 0) this.#links.set(keyOf(file, place), checked.links)
    return { bytes }
  }

  async #linksOf(
    reference: FileReference,
    file: number,
    place: NodePlace
  ): Promise<{ readonly links: readonly CID[] } | { readonly damaged: NodePlace }> {
    const key = keyOf(file, place)
    if (!this.#links.has(key)) {
      const node = await this.read(reference, file, place)
      if ('damaged' in node) return node
    }
    const links = this.#links.get(key)
    return links === undefined ? { damaged: place } : { links }
  }
}

function keyOf(file: number, { level, index }: NodePlace): string {
  return `${file}/${level}/${index}`
}
