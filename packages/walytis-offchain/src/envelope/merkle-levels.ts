import { sha256 } from '#primitives'

const NODE = Uint8Array.of(1)

/** All levels of the tree of RFC 9162 over some leaves, for those who need many audit paths: the same that `rootOf` and `proofOf` give. */
export class MerkleLevels {
  readonly #levels: Uint8Array[][]

  /** @param leaves at least one */
  constructor(leaves: Uint8Array[]) {
    this.#levels = [leaves]
    for (let level = leaves; level.length > 1; ) {
      const above: Uint8Array[] = []
      for (let index = 0; index < level.length; index += 2) {
        const [left, right] = [level[index], level[index + 1]]
        // A node without a sibling stands in for its parent.
        if (left !== undefined) above.push(right === undefined ? left : sha256(NODE, left, right))
      }
      this.#levels.push(above)
      level = above
    }
  }

  get root(): Uint8Array {
    return this.#levels.at(-1)?.[0] ?? new Uint8Array()
  }

  /** The siblings of a leaf on the way up, lowest first. */
  proof(leaf: number): Uint8Array[] {
    const proof: Uint8Array[] = []
    let index = leaf
    for (const level of this.#levels) {
      const sibling = level[index % 2 === 0 ? index + 1 : index - 1]
      if (sibling !== undefined) proof.push(sibling)
      index = Math.floor(index / 2)
    }
    return proof
  }
}
