import { changesAfter, type LoggedChange } from '../change-log.ts'
import type { ConsumedLog } from '../consumer.ts'
import { cursorKey, numberBytes, readNumber } from '../storage/indexes.ts'
import type { Chain } from './chain.ts'

/** The change log of a chain, with the cursor that one consumer has in it. */
export function consumedLog(chain: Chain, consumer: string): ConsumedLog<LoggedChange> {
  const { store } = chain.components
  return {
    last: () => chain.state.counters.log,
    after: async (seq) => await changesAfter(store, seq),
    cursor: async () => {
      const row = await store.read(cursorKey(consumer))
      // what it had been handed may have gone with a loss of power, and its numbers are given out again
      const seq = row === undefined ? undefined : store.parse(() => readNumber(row))
      return seq === undefined ? undefined : Math.min(seq, chain.state.counters.log)
    },
    moveCursor: async (seq) => await store.writeLater(cursorKey(consumer), numberBytes(seq)),
    watch: (grown) => chain.onCommitted(grown)
  }
}
