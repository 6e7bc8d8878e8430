import { sha256 } from '@noble/hashes/sha2.js'
import { equalBytes } from '../canonical.ts'
import type { OrderedId } from '../replica.ts'
import {
  FINGERPRINT_BYTES,
  MAX_DIFFERENCE,
  MAX_IDS_PER_MESSAGE,
  MAX_RANGES_PER_MESSAGE,
  RANGE_FANOUT,
  RANGE_LIST
} from './limits.ts'
import type { Range } from './messages.ts'

/**
 * Range-based set reconciliation over the canonical order (A. Meyer, "Range-Based Set Reconciliation", 2023; the shape of
 * negentropy). Two sides compare fingerprints of ranges, split those that differ, and list those that are short. A list is
 * final: who receives it knows both differences in that range.
 *
 * Fingerprints only make it faster: whether two nodes are level is decided by their heads, never by a fingerprint.
 */

/** Ids of this side in canonical order, from `lower` (inclusive) to `upper` (exclusive). */
export type IdSource = (lower: OrderedId | undefined, upper: OrderedId | undefined) => AsyncIterable<OrderedId>

export interface ReconcileStep {
  /** What to send back; empty when all ranges are settled. */
  readonly reply: Range[]
  /** Ids of ours that the peer lacks. */
  readonly have: OrderedId[]
  /** Ids of the peer's that we lack. */
  readonly need: OrderedId[]
}

/** The first message: everything, cut into parts. */
export async function openReconciliation(ids: IdSource): Promise<Range[]> {
  const summary = await summarise(ids, undefined, undefined)
  return split(ids, undefined, undefined, summary)
}

/** Answer ranges that the peer sent. */
export async function reconcile(ranges: readonly Range[], ids: IdSource): Promise<ReconcileStep> {
  const reply = new Reply()
  const have: OrderedId[] = []
  const need: OrderedId[] = []
  let lower: OrderedId | undefined
  for (const { upper, part } of ranges) {
    const end = upper ?? undefined
    if (reply.isFull || have.length >= MAX_DIFFERENCE || need.length >= MAX_DIFFERENCE) {
      // what doesn't fit into one answer is asked again, in one piece
      reply.add({ upper: null, part: (await summarise(ids, lower, undefined)).fingerprint })
      break
    }
    if (part === null) {
      reply.skip(upper)
    } else if (part instanceof Uint8Array) {
      const summary = await summarise(ids, lower, end)
      if (equalBytes(summary.fingerprint, part)) reply.skip(upper)
      else for (const range of await split(ids, lower, end, summary)) reply.add(range)
    } else {
      const theirs = new Map(part.map((entry) => [entry.id.toString(), entry]))
      for await (const entry of ids(lower, end)) {
        if (!theirs.delete(entry.id.toString()) && have.length < MAX_DIFFERENCE) have.push(entry)
      }
      need.push(...theirs.values())
      reply.skip(upper)
    }
    lower = end
  }
  return { reply: reply.ranges, have, need }
}

interface Summary {
  readonly count: number
  readonly fingerprint: Uint8Array
}

async function summarise(ids: IdSource, lower: OrderedId | undefined, upper: OrderedId | undefined): Promise<Summary> {
  const sum = new FingerprintSum()
  for await (const { id } of ids(lower, upper)) sum.add(id.multihash.digest)
  return { count: sum.count, fingerprint: sum.finish() }
}

/** A list where the range is short, else parts of equal length with their fingerprints. */
async function split(
  ids: IdSource,
  lower: OrderedId | undefined,
  upper: OrderedId | undefined,
  { count }: Summary
): Promise<Range[]> {
  const end = upper ?? null
  if (count <= RANGE_LIST) {
    const part: OrderedId[] = []
    for await (const entry of ids(lower, upper)) part.push(entry)
    return [{ upper: end, part }]
  }
  const length = Math.ceil(count / RANGE_FANOUT)
  const ranges: Range[] = []
  let sum = new FingerprintSum()
  for await (const entry of ids(lower, upper)) {
    if (sum.count === length) {
      ranges.push({ upper: entry, part: sum.finish() })
      sum = new FingerprintSum()
    }
    sum.add(entry.id.multihash.digest)
  }
  ranges.push({ upper: end, part: sum.finish() })
  return ranges
}

/**
 * Sum of the ids' digests modulo 2^256, hashed together with their number: independent of order, and a store could keep
 * sums of parts without changing what is sent.
 */
class FingerprintSum {
  count = 0
  private readonly words = new Uint32Array(8)

  add(digest: Uint8Array): void {
    const view = new DataView(digest.buffer, digest.byteOffset, digest.byteLength)
    let carry = 0
    for (let i = 0; i < 8; i++) {
      const total = (this.words[i] as number) + view.getUint32(i * 4, true) + carry
      this.words[i] = total % 0x1_0000_0000
      carry = total >= 0x1_0000_0000 ? 1 : 0
    }
    this.count++
  }

  finish(): Uint8Array {
    const input = new Uint8Array(40)
    const view = new DataView(input.buffer)
    for (let i = 0; i < 8; i++) view.setUint32(i * 4, this.words[i] as number, true)
    view.setBigUint64(32, BigInt(this.count), true)
    return sha256(input).subarray(0, FINGERPRINT_BYTES)
  }
}

/** Gathers the answer; neighbouring settled ranges become one, and settled ones at the end are left out. */
class Reply {
  readonly ranges: Range[] = []
  private ids = 0
  private pendingSkip: OrderedId | undefined

  /** Leaves room for one more split. */
  get isFull(): boolean {
    return this.ranges.length >= MAX_RANGES_PER_MESSAGE / 2 || this.ids >= MAX_IDS_PER_MESSAGE / 4
  }

  skip(upper: OrderedId | null): void {
    this.pendingSkip = upper ?? undefined
  }

  add(range: Range): void {
    if (this.pendingSkip !== undefined) {
      this.ranges.push({ upper: this.pendingSkip, part: null })
      this.pendingSkip = undefined
    }
    if (Array.isArray(range.part)) this.ids += range.part.length
    this.ranges.push(range)
  }
}
