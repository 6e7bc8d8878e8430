import { fromString } from 'uint8arrays'

/**
 * Every context under which this package hashes, derives or authenticates. Each names its kind and version, so that no value made for
 * one purpose can serve as another.
 */
export const domains = {
  /** Purpose of the secret that wraps one content key; the salt in the envelope's header makes it unique. */
  wrapSecret: 'walytis-offchain/wrap/1',
  /** Purpose of the secret that seals the details of references. */
  detailsSecret: 'walytis-offchain/details/1',
  /** Purpose of the secret that seals one value of a register; the salt in it makes it unique. */
  registerSecret: 'walytis-offchain/register/1',
  /** Context of an application's signature under a register. */
  registerSignature: 'walytis-offchain/register/1',
  /** Context of the key from which a device names its registers. */
  registerSlot: 'walytis-offchain/register-slot/1',
  /** Context of the key that makes the topic index blind. */
  topicIndex: 'walytis-offchain/topic-index/1',
  /** Context under which values of the topic index are encrypted. */
  topicIndexValue: 'walytis-offchain/topic-index-value/1',
  /** Context of the key that makes groups and keys of layers' rows blind. */
  layerRows: 'walytis-offchain/layer-rows/1',
  /** Context under which rows of layers above are encrypted. */
  layerRowValue: 'walytis-offchain/layer-row-value/1'
} as const

/** Prefixes of associated data and of hashed input, as bytes with a closing zero. */
export const prefixes = {
  chunk: fromString('walytis-offchain/chunk/1\0'),
  wrap: fromString('walytis-offchain/wrapped-key/1\0'),
  details: fromString('walytis-offchain/details/1\0'),
  commitment: fromString('walytis-offchain/commitment/1\0'),
  register: fromString('walytis-offchain/register/1\0')
} as const
