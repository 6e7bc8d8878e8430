import { publicKeyFromRaw } from '@libp2p/crypto/keys'
import type { PublicKey } from '@libp2p/interface'
import { CID } from 'multiformats/cid'
import { create } from 'multiformats/hashes/digest'
import type { Block } from 'walytis/interface'
import type { ChangeKind } from '../../src/operations/format.ts'
import { encodeOperation } from '../../src/operations/format.ts'

/** A block of a drawn DAG: what a test says about it, without keys and signatures. */
export interface Drawn {
  readonly name: number
  readonly parents: readonly number[]
  readonly author: string
  readonly kind: 'original' | ChangeKind | 'foreign'
  /** Which block a change names. */
  readonly of: number
  /** The change's content is garbage. */
  readonly malformed?: boolean
}

/** Ids whose bytes are spread, so that the canonical order among equal heights isn't that of the names. */
export function idOf(name: number): CID {
  const digest = new Uint8Array(32).fill(7)
  new DataView(digest.buffer).setUint32(0, Math.imul(name + 1, 2654435761) >>> 0)
  return CID.createV1(0x71, create(0x12, digest))
}

export function heightsOf(dag: readonly Drawn[]): number[] {
  const heights: number[] = []
  for (const { parents } of dag) heights.push(1 + Math.max(0, ...parents.map((parent) => heights[parent] ?? 0)))
  return heights
}

/** For each block, the names of all its proper ancestors. */
export function ancestorsOf(dag: readonly Drawn[]): Set<number>[] {
  const ancestors: Set<number>[] = []
  for (const { parents } of dag) {
    ancestors.push(new Set(parents.flatMap((parent) => [parent, ...(ancestors[parent] ?? [])])))
  }
  return ancestors
}

function contentOf(drawn: Drawn): Uint8Array {
  const text = new TextEncoder().encode(`content of ${drawn.name}`)
  if (drawn.kind === 'original' || drawn.kind === 'foreign') return text
  if (drawn.malformed) return text
  return encodeOperation({ kind: drawn.kind, original: idOf(drawn.of), content: text })
}

/** A key for a name, always the same one. */
export function keyOf(author: string): PublicKey {
  const raw = new Uint8Array(32)
  raw.set(new TextEncoder().encode(author))
  return publicKeyFromRaw(raw)
}

/** One replica of a drawn DAG: blocks are there once `deliver` was called for them. */
export class DrawnReplica {
  readonly #dag: readonly Drawn[]
  readonly #heights: number[]
  readonly #ancestors: Set<number>[]
  readonly #delivered = new Set<string>()
  readonly #revoked = new Set<number>()
  readonly #lacking = new Set<number>()

  constructor(dag: readonly Drawn[]) {
    this.#dag = dag
    this.#heights = heightsOf(dag)
    this.#ancestors = ancestorsOf(dag)
  }

  deliver(name: number, options?: { withoutContent?: boolean }): Block {
    if (options?.withoutContent) this.#lacking.add(name)
    this.#delivered.add(idOf(name).toString())
    return this.#block(name)
  }

  /** The content of a block that came without it is here now. */
  provide(name: number): Block {
    this.#lacking.delete(name)
    return this.#block(name)
  }

  isRevoked(name: number): boolean {
    return this.#revoked.has(name)
  }

  setRevoked(name: number, revoked: boolean): Block {
    if (revoked) this.#revoked.add(name)
    else this.#revoked.delete(name)
    return this.#block(name)
  }

  async get(id: CID | string): Promise<Block> {
    const name = this.#dag.findIndex((drawn) => idOf(drawn.name).toString() === id.toString())
    if (name === -1 || !this.#delivered.has(id.toString())) throw new NotDeliveredError()
    return this.#block(name)
  }

  async isAncestor(a: CID, b: CID): Promise<boolean> {
    const name = (id: CID): number => this.#dag.findIndex((drawn) => idOf(drawn.name).equals(id))
    return this.#ancestors[name(b)]?.has(name(a)) ?? false
  }

  #block(name: number): Block {
    const drawn = this.#dag[name] as Drawn
    const bytes = contentOf(drawn)
    const isHere = !this.#lacking.has(name)
    const content = async (): Promise<Uint8Array> => {
      // A chain waits for it here. Whoever asks all the same would wait for as long as the test takes.
      if (!isHere) throw new RangeError('the content has not come')
      return bytes
    }
    const block = {
      id: idOf(name),
      parents: drawn.parents.map(idOf),
      height: this.#heights[name] ?? 0,
      creator: keyOf(drawn.author),
      author: drawn.author,
      seq: 1,
      time: new Date(name),
      topics: drawn.kind === 'foreign' ? ['other'] : [`mutability:${drawn.kind}`],
      size: bytes.byteLength,
      revoked: this.#revoked.has(name),
      available: isHere,
      content,
      async *stream() {
        yield await content()
      }
    }
    return block
  }
}

class NotDeliveredError extends Error {
  override readonly name = 'NotFoundError'
}
