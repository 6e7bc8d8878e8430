import { decode, encode } from '@ipld/dag-cbor'
import { fromString, toString as textOf } from 'uint8arrays'
import { hasFields, InvalidArgumentError } from 'walytis'
import type { BaseBlockchain, LayerKey, LayerRows, LayerWrite } from 'walytis/interface'
import type { KeyStore } from 'walytis-identities'
import { hmacSha256 } from '#primitives'
import { domains } from '../domains.ts'
import { StoreCorruptError } from '../errors.ts'

const BLIND_BYTES = 16

type Sealing = Pick<KeyStore, 'wrap' | 'unwrap' | 'derive'>

/**
 * Rows of a layer above a private chain, of a name of at most 56 bytes of UTF-8.
 *
 * @throws {LimitExceededError} a name that is longer
 * @throws {InvalidArgumentError} the chain beneath keeps no rows
 */
export function sealedRows(base: BaseBlockchain, layer: string, keyStore: Sealing): LayerRows {
  const rows = base.rows?.(`private/${layer}`)
  if (rows === undefined) throw new InvalidArgumentError('base', 'it keeps no rows of layers above')
  return new SealedLayerRows(rows, { chain: base.id, layer }, keyStore)
}

/**
 * Rows of a layer above a private chain, beside the chain beneath: groups and keys are made blind, keys and values sealed, by the
 * node's key store. What the disk shows is how many rows a group has, and how large they are.
 */
class SealedLayerRows implements LayerRows {
  readonly #rows: LayerRows
  readonly #keyStore: Pick<KeyStore, 'wrap' | 'unwrap'>
  readonly #blindingKey: Uint8Array
  readonly #context: string

  constructor(rows: LayerRows, place: { readonly chain: string; readonly layer: string }, keyStore: Sealing) {
    this.#rows = rows
    this.#keyStore = keyStore
    this.#blindingKey = keyStore.derive(domains.layerRows)
    this.#context = `${place.chain}/${place.layer}`
  }

  async get(keys: readonly LayerKey[]): Promise<(Uint8Array | undefined)[]> {
    const places = keys.map((key) => this.#placeOf(key))
    const sealed = await this.#rows.get(places)
    return sealed.map((value, index) => {
      const place = places[index]
      return value === undefined || place === undefined ? undefined : this.#open(place, value)[1]
    })
  }

  async *list(group: Uint8Array): AsyncGenerator<readonly [key: Uint8Array, value: Uint8Array]> {
    const blind = this.#blind('group', group)
    for await (const [key, value] of this.#rows.list(blind)) yield this.#open({ group: blind, key }, value)
  }

  async write(writes: readonly LayerWrite[]): Promise<void> {
    const sealed = writes.map((write): LayerWrite => {
      const place = this.#placeOf(write)
      if (write.value === undefined) return place
      const plain = encode({ key: write.key, value: write.value })
      return { ...place, value: this.#keyStore.wrap(plain, this.#contextOf(place)) }
    })
    await this.#rows.write(sealed)
  }

  async sync(): Promise<void> {
    await this.#rows.sync()
  }

  async clear(): Promise<void> {
    await this.#rows.clear()
  }

  #open(place: LayerKey, value: Uint8Array): readonly [key: Uint8Array, value: Uint8Array] {
    const row: unknown = decode(this.#keyStore.unwrap(value, this.#contextOf(place)))
    if (hasFields(row, ['key', 'value'])) {
      const { key, value: content } = row
      if (key instanceof Uint8Array && content instanceof Uint8Array) return [key, content]
    }
    throw new StoreCorruptError('A row of a layer above a private chain can not be read')
  }

  #placeOf({ group, key }: LayerKey): LayerKey {
    return { group: this.#blind('group', group), key: this.#blind('key', group, key) }
  }

  /** Each row has a context of its own, so that none can be put in the place of another. */
  #contextOf({ group, key }: LayerKey): string {
    return `${domains.layerRowValue}/${this.#context}/${textOf(group, 'hex')}/${textOf(key, 'hex')}`
  }

  #blind(kind: 'group' | 'key', ...parts: Uint8Array[]): Uint8Array {
    const lengths = parts.map((part) => Uint8Array.of(part.length))
    const framed = parts.flatMap((part, index) => [lengths[index] ?? part, part])
    return hmacSha256(this.#blindingKey, fromString(`${kind}\0${this.#context}\0`), ...framed).subarray(0, BLIND_BYTES)
  }
}
