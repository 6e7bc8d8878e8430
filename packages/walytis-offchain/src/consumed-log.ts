import type { AbortOptions } from '@libp2p/interface'
import type { ConsumedLog } from 'walytis'
import type { LogEntry } from './store/block-row.ts'
import type { ContentStore } from './store/content-store.ts'

/** Changes read at a time. */
const PAGE = 128

/** An entry of the log of a private chain, with its number. */
export interface NumberedEntry extends LogEntry {
  readonly seq: number
}

export interface ConsumedLogComponents {
  readonly store: ContentStore
  /** Resolves once all that the chain knew when it was called stands in the log. */
  settled(options?: AbortOptions): Promise<void>
  watch(grown: () => void): () => void
}

/** The log of a private chain, with the cursor that one consumer has in it. */
export function consumedLog(components: ConsumedLogComponents, consumer: string): ConsumedLog<NumberedEntry> {
  const { store, settled, watch } = components
  return {
    last: () => store.horizon(),
    after: async (after) => {
      const page: NumberedEntry[] = []
      for await (const [seq, entry] of store.log({ after })) {
        page.push({ seq, ...entry })
        if (page.length === PAGE) break
      }
      return page
    },
    cursor: async () => await store.cursor(consumer),
    moveCursor: async (seq) => await store.write([store.putCursor(consumer, seq)], false),
    watch,
    settled
  }
}
