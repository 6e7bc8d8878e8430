/** Where a row of a layer stands: its group, of at most 255 bytes, and its key in the group, of at most 255. */
export interface LayerKey {
  readonly group: Uint8Array
  readonly key: Uint8Array
}

/** A row that is to be there from now on; without a value: to be gone. */
export interface LayerWrite extends LayerKey {
  readonly value?: Uint8Array | undefined
}

/**
 * Rows that a layer above a chain keeps beside it on this node, for what can be made anew from the chain: indexes, views. They are
 * forgotten with the chain, and protected on the disk as well as the chain's own contents are.
 *
 * Contract:
 * - `write` is all or nothing, and what was written outlives the process. It doesn't wait for the disk. After a loss of power the rows are as
 *   they stood after one of the writes, none before the last `sync`; or there are none, as when it took blocks from the chain
 *   that rows may speak of: a layer that finds none begins again.
 * - Rows of a group come in no order that means anything.
 * - One writer at a time: the layer sees to that.
 */
export interface LayerRows {
  /** In the order of the keys; undefined where there is none. */
  get(keys: readonly LayerKey[]): Promise<(Uint8Array | undefined)[]>
  /** Keys and values of a group, lazily: what is written meanwhile may be among them or not. */
  list(group: Uint8Array): AsyncIterable<readonly [key: Uint8Array, value: Uint8Array]>
  /** @throws {LimitExceededError} a group or key that is too long
   * @throws {StoreFailedError} nothing was written, or it can't be known */
  write(writes: readonly LayerWrite[]): Promise<void>
  /** Resolves once all that was written outlives a loss of power, too. @throws {StoreFailedError} */
  sync(): Promise<void>
  /** Forget all rows of this layer. */
  clear(): Promise<void>
}
