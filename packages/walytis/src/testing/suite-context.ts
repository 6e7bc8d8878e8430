import type { Blockchain } from '../interface/index.ts'

/** What a suite's test works with. */
export interface SuiteContext {
  /** An empty chain: nothing was added to it yet. */
  readonly chain: Blockchain
  /** The same chain at another node, for another writer, connected with the first. */
  readonly second?: Blockchain | undefined
}
