import { changesAfter } from '../change-log.ts'
import { linksOf } from '../graph/order.ts'
import type { ChainStore, Row, Write } from '../storage/chain-store.ts'
import { headKey, INDEX, numberBytes, readNumber, UNSYNCED_KEY } from '../storage/indexes.ts'
import type { StoredBlock } from '../storage/stored-block.ts'
import { recoverLayers } from './layer-rows.ts'
import { decodeMark } from './mark.ts'
import { deleting, headRow, putting, rowsOfPlainBlock, stateRow } from './rows.ts'

/**
 * Make a chain certain again whose node ended before it had synced everything. When all that was written has outlived it, as it
 * does when only the process died, it is written again and synced. When the machine lost some of it, all that was not synced goes:
 * nobody else has seen any of it. It was plain blocks of this node's key, and nothing else.
 *
 * @throws {StoreCorruptError}
 */
export async function recover(store: ChainStore): Promise<void> {
  const row = await store.read(UNSYNCED_KEY)
  if (row === undefined) {
    // the mark may be gone with what it spoke of, and what was written later still be here
    const { log } = await store.counters()
    await recoverLayers(store, log)
    const cursors = await cursorsBackTo(store, log)
    if (cursors.length > 0) await store.write(cursors, 'disk')
    return
  }
  const mark = decodeMark(row)
  if (mark === undefined) throw store.damaged()
  const counters = await store.counters()
  const survivors = await survivorsAfter(store, mark.counters.log)
  const isWhole =
    survivors.length === counters.log - mark.counters.log && survivors.every(({ missing }) => missing === undefined)
  const heads = await store.heads()
  const rows = survivors.flatMap((survivor) => survivor.rows)
  const writes: Write[] = isWhole
    ? [...rows, ...heads.map(headRow), stateRow(counters)].map((one) => putting(store, one))
    : [
        ...rows.map(([key]) => deleting(store, key)),
        ...heads.map((head) => deleting(store, headKey(head))),
        ...[...mark.heads.map(headRow), stateRow(mark.counters)].map((one) => putting(store, one))
      ]
  // before the mark goes: rows are cleared one after the other, and a crash in between begins again
  await recoverLayers(store, isWhole ? counters.log : mark.counters.log)
  if (!isWhole) {
    writes.push(...(await cursorsBackTo(store, mark.counters.log)))
  }
  await store.write([...writes, deleting(store, UNSYNCED_KEY)], 'disk')
}

/** Consumers that had been handed what is gone: its numbers are given out again, and they must see what takes them. */
async function cursorsBackTo(store: ChainStore, last: number): Promise<Write[]> {
  const writes: Write[] = []
  for await (const [key, value] of store.scan(Uint8Array.of(INDEX.cursor))) {
    if (store.parse(() => readNumber(value)) > last) writes.push(putting(store, [key, numberBytes(last)]))
  }
  return writes
}

interface Survivor {
  readonly rows: readonly Row[]
  /** What it stands on and is lost. */
  readonly missing: 'link' | 'content' | undefined
}

/** Blocks after a position in the change log that are here with all their rows, or some of them: a batch is atomic. */
async function survivorsAfter(store: ChainStore, from: number): Promise<Survivor[]> {
  const survivors: Survivor[] = []
  for (let after = from; ; ) {
    const page = await changesAfter(store, after)
    const last = page.at(-1)
    if (last === undefined) return survivors
    after = last.seq
    for (const [index, stored] of (await store.getMany(page.map(({ id }) => id))).entries()) {
      if (stored === undefined || stored.arrival !== page[index]?.seq) throw store.damaged()
      survivors.push(await survivor(store, stored))
    }
  }
}

async function survivor(store: ChainStore, stored: StoredBlock): Promise<Survivor> {
  const content = await store.content(stored.arrival)
  const hasLinks = (await store.hasMany(linksOf(stored.block))).every(Boolean)
  const hasContent = stored.block.size === 0 || content !== undefined
  return {
    rows: rowsOfPlainBlock(stored, content),
    missing: hasLinks ? (hasContent ? undefined : 'content') : 'link'
  }
}
