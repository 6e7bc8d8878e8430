import { idKey } from '../block/id.ts'
import { compareOrder } from '../graph/order.ts'
import type { BlockId } from '../interface/index.ts'
import type { Links, OrderedId, Replica } from '../replica.ts'

/**
 * Replicated blocks that are neither among `heads` nor their ancestors: exactly what a peer with these heads lacks.
 * Walks from both sides' heads downwards by height and stops where all that is left is the peer's.
 *
 * @param heads the peer's heads, all of which are held here
 * @returns parents first
 */
export async function missingBelow(replica: Replica, heads: readonly BlockId[]): Promise<OrderedId[]> {
  const theirs = new Set<string>()
  const seen = new Map<string, OrderedId & Links>()
  const queue = new HeightQueue()
  let oursQueued = 0

  const visit = async (id: BlockId, isTheirs: boolean): Promise<void> => {
    const name = idKey(id)
    if (isTheirs && !theirs.has(name)) {
      theirs.add(name)
      if (queue.has(name)) oursQueued--
    }
    if (seen.has(name)) return
    const entry = await replica.links(id)
    if (entry === undefined) return
    seen.set(name, { id, ...entry })
    queue.push(name, entry.height)
    if (!theirs.has(name)) oursQueued++
  }

  for (const id of heads) await visit(id, true)
  for (const id of await replica.heads()) await visit(id, false)
  const missing: OrderedId[] = []
  while (oursQueued > 0) {
    const name = queue.pop()
    const entry = name === undefined ? undefined : seen.get(name)
    if (name === undefined || entry === undefined) break
    const isTheirs = theirs.has(name)
    if (!isTheirs) {
      oursQueued--
      missing.push({ height: entry.height, id: entry.id })
    }
    for (const link of entry.links) await visit(link, isTheirs)
    // all links lead downwards: this block is settled
    seen.set(name, { ...entry, links: [] })
  }
  return missing.sort(compareOrder)
}

/** Names by height, highest first. */
class HeightQueue {
  private readonly byHeight = new Map<number, string[]>()
  private readonly names = new Set<string>()
  private top = -1

  has(name: string): boolean {
    return this.names.has(name)
  }

  push(name: string, height: number): void {
    const bucket = this.byHeight.get(height)
    if (bucket) bucket.push(name)
    else this.byHeight.set(height, [name])
    this.names.add(name)
    this.top = Math.max(this.top, height)
  }

  pop(): string | undefined {
    for (; this.top >= 0; this.top--) {
      const name = this.byHeight.get(this.top)?.pop()
      if (name === undefined) {
        this.byHeight.delete(this.top)
        continue
      }
      this.names.delete(name)
      return name
    }
    return undefined
  }
}
