import type { BlockId } from 'walytis/interface'

/** Thrown when a chain was closed and is used. */
export class ClosedError extends Error {
  override readonly name = 'ClosedError'
  constructor(message = 'The private chain is closed') {
    super(message)
  }
}

/** Thrown when a content or its topics are over the limits. */
export class LimitExceededError extends Error {
  override readonly name = 'LimitExceededError'
  /** What is limited, such as `content bytes`. */
  readonly limit: string
  readonly maximum: number
  readonly actual: number
  constructor(limit: string, maximum: number, actual: number) {
    super(`Too large: ${actual} ${limit}, where at most ${maximum} are allowed`)
    this.limit = limit
    this.maximum = maximum
    this.actual = actual
  }
}

/** Thrown when this chain shows no such block: unknown, an event of the group, or refused. */
export class NotFoundError extends Error {
  override readonly name = 'NotFoundError'
  readonly id: string
  constructor(id: string) {
    super(`No block ${id} in this private chain`)
    this.id = id
  }
}

/** Thrown when what a member wrote is not what its reference promises; it is never shown. */
export class ContentRefusedError extends Error {
  override readonly name = 'ContentRefusedError'
  readonly block: BlockId
  /** The rule that is broken, as docs/protocol.md names it. */
  readonly rule: string
  constructor(block: BlockId, rule: string) {
    super(`The content of block ${block.toString()} was refused: ${rule}`)
    this.block = block
    this.rule = rule
  }
}

/** Thrown when a content that is pinned is to be removed: unpin it first. */
export class PinnedError extends Error {
  override readonly name = 'PinnedError'
  readonly block: BlockId
  constructor(block: BlockId) {
    super(`The content of block ${block.toString()} is pinned`)
    this.block = block
  }
}

/** Thrown when no epoch under which content may be sealed could be had, or the seed of one has not come yet. */
export class KeyUnavailableError extends Error {
  override readonly name = 'KeyUnavailableError'
}

/** Thrown when what lies in the store is not what this package wrote there. */
export class StoreCorruptError extends Error {
  override readonly name = 'StoreCorruptError'
}

/** Thrown when a newer version of this package has written the store. */
export class StoreVersionError extends Error {
  override readonly name = 'StoreVersionError'
  readonly found: number
  constructor(found: number) {
    super(`The store holds private content of format ${found}, which this version does not know: update the package`)
    this.found = found
  }
}

/** The reason for which a channel of the exchange is ended: the other side broke a rule of the protocol. */
export class ExchangeError extends Error {
  override readonly name = 'ExchangeError'
  readonly rule: string
  constructor(rule: string, options?: ErrorOptions) {
    super(`The exchange of contents with a device was ended: ${rule}`, options)
    this.rule = rule
  }
}
