import { copyBytes } from '../bytes.ts'
import { UNSYNCED_LAYER_LIMIT } from '../constants.ts'
import { LimitExceededError } from '../errors.ts'
import type { LayerKey, LayerRows, LayerWrite } from '../interface/index.ts'
import type { ChainStore, RowWrite } from '../storage/chain-store.ts'
import { INDEX, layerBatchKey, layeredKey, layerKey, numberAt, numberBytes, readNumber } from '../storage/indexes.ts'
import type { Chain } from './chain.ts'
import { deleting, putting } from './rows.ts'

const MAX_LAYER_BYTES = 64
const MAX_KEY_BYTES = 255

const NOTHING = new Uint8Array()

interface LayerRowsInit {
  /** Throws when the chain is closed. */
  chain(): Chain
  readonly store: ChainStore
}

/** Rows that one layer keeps beside a chain (docs/protocol.md, "Storage"): one of these for each layer, as long as the chain is open. */
export class ChainLayerRows implements LayerRows {
  readonly #init: LayerRowsInit
  readonly #layer: Uint8Array
  /** What was written and not synced, by key: the last write of each. */
  readonly #unsynced = new Map<string, RowWrite>()
  #unsyncedBytes = 0
  /** Batches of it. */
  #batches = 0
  #tail: Promise<unknown> = Promise.resolve()

  /** @throws {LimitExceededError} when the layer's name is too long */
  constructor(init: LayerRowsInit, layer: string) {
    this.#init = init
    this.#layer = new TextEncoder().encode(layer)
    limit('bytes of layer name', MAX_LAYER_BYTES, this.#layer)
  }

  async get(keys: readonly LayerKey[]): Promise<(Uint8Array | undefined)[]> {
    return await this.#store().readMany(keys.map((key) => this.#keyOf(key)))
  }

  async *list(group: Uint8Array): AsyncGenerator<readonly [key: Uint8Array, value: Uint8Array]> {
    limit('bytes of group', MAX_KEY_BYTES, group)
    const prefix = layerKey(this.#layer, group)
    for await (const [key, value] of this.#store().scan(prefix)) {
      this.#init.chain()
      yield [copyBytes(key, prefix.length), value]
    }
  }

  async write(writes: readonly LayerWrite[]): Promise<void> {
    if (writes.length === 0) return
    const store = this.#store()
    const rows = writes.map((write) => {
      const key = this.#keyOf(write)
      return write.value === undefined ? deleting(store, key) : putting(store, [key, write.value])
    })
    await this.#inTurn(async () => {
      // what the layer writes about, it has been told of, so it is in the log by now
      const stamp = putting(store, [layeredKey(this.#layer), numberBytes(this.#init.chain().state.counters.log)])
      const batch = this.#batches + 1
      await store.write([...rows, stamp, putting(store, [layerBatchKey(this.#layer, batch), NOTHING])], 'process')
      this.#batches = batch
      for (const row of [...rows, stamp]) this.#remember(row)
      const { rows: mostRows, bytes: mostBytes } = UNSYNCED_LAYER_LIMIT
      if (this.#unsynced.size >= mostRows || this.#unsyncedBytes >= mostBytes) await this.#sync()
    })
  }

  async sync(): Promise<void> {
    await this.#inTurn(async () => await this.#sync())
  }

  async clear(): Promise<void> {
    const store = this.#store()
    await this.#inTurn(async () => {
      await forgetLayer(store, this.#layer)
      this.#synced()
    })
  }

  /** All again in one batch: LevelDB may have begun another log file meanwhile, and syncing that one says nothing about the one before. */
  async #sync(): Promise<void> {
    // also for a consumer of a chain that is being closed
    const { store } = this.#init
    if (this.#batches === 0) return
    const batches = Array.from({ length: this.#batches }, (_, index) => layerBatchKey(this.#layer, index + 1))
    await store.write([...this.#unsynced.values(), ...batches.map((key) => deleting(store, key))], 'disk')
    this.#synced()
  }

  #synced(): void {
    this.#unsynced.clear()
    this.#unsyncedBytes = 0
    this.#batches = 0
  }

  #remember(row: RowWrite): void {
    this.#unsynced.set(String.fromCharCode(...row.key), row)
    this.#unsyncedBytes += row.key.length + (row.type === 'put' ? row.value.length : 0)
  }

  async #inTurn(work: () => Promise<void>): Promise<void> {
    const result = this.#tail.then(work)
    // whoever gave the work gets its failure; the next one goes on
    this.#tail = result.catch(() => undefined)
    await result
  }

  #store(): ChainStore {
    return this.#init.chain().components.store
  }

  #keyOf({ group, key }: LayerKey): Uint8Array {
    limit('bytes of group', MAX_KEY_BYTES, group)
    limit('bytes of key', MAX_KEY_BYTES, key)
    return layerKey(this.#layer, group, key)
  }
}

/**
 * Clear away the rows of layers that have written since the log stood at a number, for they may speak of blocks that are gone; and of those that
 * have lost a write before one that is here, for then they say what was never so. What is left is taken for certain: the database was opened
 * anew since it was written.
 */
export async function recoverLayers(store: ChainStore, last: number): Promise<void> {
  for await (const [key, value] of store.scan(Uint8Array.of(INDEX.layered))) {
    const layer = copyBytes(key, 1)
    const batches = await unsyncedBatches(store, layer)
    const isWhole = batches.every((batch, index) => batch === index + 1)
    if (!isWhole || store.parse(() => readNumber(value)) > last) await forgetLayer(store, layer)
    else if (batches.length > 0) {
      await store.write(
        batches.map((batch) => deleting(store, layerBatchKey(layer, batch))),
        'disk'
      )
    }
  }
}

async function unsyncedBatches(store: ChainStore, layer: Uint8Array): Promise<number[]> {
  const prefix = layerBatchKey(layer)
  const batches: number[] = []
  for await (const [key] of store.scan(prefix)) batches.push(store.parse(() => numberAt(key, prefix.length)))
  return batches
}

/** What says that there is more to clear goes last, so that a crash in between clears the rest. */
async function forgetLayer(store: ChainStore, layer: Uint8Array): Promise<void> {
  await store.clear(layerKey(layer))
  const batches = await unsyncedBatches(store, layer)
  const keys = [layeredKey(layer), ...batches.map((batch) => layerBatchKey(layer, batch))]
  await store.write(
    keys.map((key) => deleting(store, key)),
    'disk'
  )
}

function limit(what: string, maximum: number, bytes: Uint8Array): void {
  if (bytes.length > maximum) throw new LimitExceededError(what, maximum, bytes.length)
}
