import { copyBytes } from '../bytes.ts'
import { LimitExceededError } from '../errors.ts'
import type { LayerKey, LayerRows, LayerWrite } from '../interface/index.ts'
import type { ChainStore, Write } from '../storage/chain-store.ts'
import { INDEX, layeredKey, layerKey, numberBytes, readNumber } from '../storage/indexes.ts'
import type { Chain } from './chain.ts'
import { deleting, putting } from './rows.ts'

const MAX_LAYER_BYTES = 64
const MAX_KEY_BYTES = 255

/** Rows that one layer keeps beside a chain (docs/protocol.md, "Storage"). */
export class ChainLayerRows implements LayerRows {
  readonly #chain: () => Chain
  readonly #layer: Uint8Array

  /**
   * @param chain throws when the chain is closed
   * @throws {LimitExceededError} when the layer's name is too long
   */
  constructor(chain: () => Chain, layer: string) {
    this.#chain = chain
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
      this.#chain()
      yield [copyBytes(key, prefix.length), value]
    }
  }

  async write(writes: readonly LayerWrite[]): Promise<void> {
    if (writes.length === 0) return
    const store = this.#store()
    const rows = writes.map((write): Write => {
      const key = this.#keyOf(write)
      return write.value === undefined ? deleting(store, key) : putting(store, [key, write.value])
    })
    // what the layer writes about, it has been told of, so it is in the log by now
    const stamp = numberBytes(this.#chain().state.counters.log)
    await store.write([...rows, putting(store, [layeredKey(this.#layer), stamp])], 'process')
  }

  async clear(): Promise<void> {
    await forgetLayer(this.#store(), this.#layer)
  }

  #store(): ChainStore {
    return this.#chain().components.store
  }

  #keyOf({ group, key }: LayerKey): Uint8Array {
    limit('bytes of group', MAX_KEY_BYTES, group)
    limit('bytes of key', MAX_KEY_BYTES, key)
    return layerKey(this.#layer, group, key)
  }
}

/** Clear away the rows of layers that have written since the log stood at a number: they may speak of blocks that are gone. */
export async function forgetLayersAfter(store: ChainStore, last: number): Promise<void> {
  for await (const [key, value] of store.scan(Uint8Array.of(INDEX.layered))) {
    if (store.parse(() => readNumber(value)) > last) await forgetLayer(store, copyBytes(key, 1))
  }
}

/** The stamp goes last, so that a crash in between leaves what says that there is more to clear. */
async function forgetLayer(store: ChainStore, layer: Uint8Array): Promise<void> {
  await store.clear(layerKey(layer))
  await store.write([deleting(store, layeredKey(layer))], 'process')
}

function limit(what: string, maximum: number, bytes: Uint8Array): void {
  if (bytes.length > maximum) throw new LimitExceededError(what, maximum, bytes.length)
}
