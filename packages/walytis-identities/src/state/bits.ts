/** A set of small non-negative integers, as bits: what "is an ancestor of" is asked of, often. Immutable. */
export class Bits {
  static readonly empty = new Bits(new Uint32Array(0))
  private readonly words: Uint32Array

  private constructor(words: Uint32Array) {
    this.words = words
  }

  has(index: number): boolean {
    return ((this.words[index >>> 5] ?? 0) & (1 << (index & 31))) !== 0
  }

  /** This set with one more member. */
  with(index: number): Bits {
    const words = new Uint32Array(Math.max(this.words.length, (index >>> 5) + 1))
    words.set(this.words)
    words[index >>> 5] = (words[index >>> 5] ?? 0) | (1 << (index & 31))
    return new Bits(words)
  }

  union(other: Bits): Bits {
    const [long, short] =
      this.words.length >= other.words.length ? [this.words, other.words] : [other.words, this.words]
    const words = long.slice()
    for (let at = 0; at < short.length; at++) {
      words[at] = (words[at] ?? 0) | (short[at] ?? 0)
    }
    return new Bits(words)
  }

  /** The members, ascending. */
  *[Symbol.iterator](): IterableIterator<number> {
    for (let at = 0; at < this.words.length; at++) {
      let word = this.words[at] ?? 0
      while (word !== 0) {
        const low = word & -word
        yield at * 32 + (31 - Math.clz32(low))
        word ^= low
      }
    }
  }
}
