import type { BlockId } from 'walytis/interface'
import type { Asking } from './demand.ts'
import { isLarge } from './envelope/shape.ts'
import type { LargeContents } from './large-contents.ts'
import type { ReadReference } from './reader.ts'

export interface AskingComponents {
  /** Contents that come whole, in messages. */
  readonly small: Asking
  /** Contents that come by windows. */
  readonly large: Pick<LargeContents, 'want' | 'drop' | 'wants'>
  /** What a block says of its content; undefined when it can't be read. */
  find(block: BlockId): Promise<ReadReference | undefined>
  report(error: unknown): void
}

/** Asks for contents by the way that their size calls for. */
export function askingBySize({ small, large, find, report }: AskingComponents): Asking {
  const finding = new Set<string>()

  async function ask(id: BlockId, grace: number): Promise<void> {
    const read = await find(id)
    // Dropped meanwhile, when it is no longer among them.
    if (!finding.delete(id.toString()) || read === undefined) return
    if (isLarge(read.reference)) large.want(id, read)
    else small.want(id, grace)
  }

  return {
    want(id, grace) {
      if (this.wants(id)) return
      finding.add(id.toString())
      ask(id, grace).catch((error: unknown) => {
        finding.delete(id.toString())
        report(error)
      })
    },
    drop(id) {
      finding.delete(id.toString())
      small.drop(id)
      large.drop(id)
    },
    wants: (id) => finding.has(id.toString()) || small.wants(id) || large.wants(id)
  }
}
