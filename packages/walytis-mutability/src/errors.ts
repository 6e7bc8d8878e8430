/** Thrown when `mayChange` denies an edit, delete or restore. Nothing is written. */
export class ChangeDeniedError extends Error {
  override readonly name = 'ChangeDeniedError'
  /** Id of the original. */
  readonly block: string
  readonly change: string

  constructor(block: string, change: string, options?: ErrorOptions) {
    super(`Not allowed to ${change} block ${block}`, options)
    this.block = block
    this.change = change
  }
}

/** Thrown when a block is edited while it is deleted, deleted twice, or restored while it isn't deleted. Nothing is written. */
export class ChangeConflictError extends Error {
  override readonly name = 'ChangeConflictError'
  readonly block: string

  constructor(block: string, reason: string) {
    super(`Block ${block} ${reason}`)
    this.block = block
  }
}

/** Thrown by `get` when there is no such block, or none that is an original or a change that was followed. */
export class NotFoundError extends Error {
  override readonly name = 'NotFoundError'
  readonly id: string

  constructor(id: string, options?: ErrorOptions) {
    super(`Block ${id} is neither an original nor a change of one`, options)
    this.id = id
  }
}

/** Thrown when a topic that begins with `mutability:` is given to `add`. */
export class ReservedTopicError extends Error {
  override readonly name = 'ReservedTopicError'
  readonly topic: string

  constructor(topic: string) {
    super(`Topic ${JSON.stringify(topic)} is reserved`)
    this.topic = topic
  }
}

/** Thrown when the content of an edit is larger than fits beside its block. */
export class LimitExceededError extends Error {
  override readonly name = 'LimitExceededError'
  readonly limit: number
  readonly actual: number

  constructor(limit: number, actual: number) {
    super(`The content of an edit has ${actual} bytes, at most ${limit} are allowed`)
    this.limit = limit
    this.actual = actual
  }
}

/** Told by `change:unreadable`: the content of a change could not be read, for the reason in `cause`. */
export class UnreadableChangeError extends Error {
  override readonly name = 'UnreadableChangeError'
  readonly id: string

  constructor(id: string, options?: ErrorOptions) {
    super(`The content of change ${id} could not be read`, options)
    this.id = id
  }
}

/** Thrown by `mutable` when this chain's changes are followed already: one at a time for a chain. Close the other one first. */
export class AlreadyOpenError extends Error {
  override readonly name = 'AlreadyOpenError'
  /** Id of the chain. */
  readonly chain: string

  constructor(chain: string, options?: ErrorOptions) {
    super(`Chain ${chain} is open with its changes already`, options)
    this.chain = chain
  }
}

/** Thrown by `mutable` when the genesis names a policy and another was given, or none and it is none of this package. */
export class PolicyMismatchError extends Error {
  override readonly name = 'PolicyMismatchError'
  /** Name of the policy that the genesis says. */
  readonly expected: string
  readonly actual: string | undefined

  constructor(expected: string, actual: string | undefined) {
    const given = actual === undefined ? 'none was given' : `"${actual}" was given, or other parameters`
    super(`The chain's changes are governed by the policy ${JSON.stringify(expected)}; ${given}`)
    this.expected = expected
    this.actual = actual
  }
}

/** Thrown by `mutable` when what the genesis says of its policy can't be read: a newer version may know it. */
export class UnknownPolicyError extends Error {
  override readonly name = 'UnknownPolicyError'
  /** Id of the chain. */
  readonly chain: string

  constructor(chain: string) {
    super(`Chain ${chain} names a policy of changes in a form that this version does not know`)
    this.chain = chain
  }
}

/** Thrown when a row of the index can't be read. The index is made anew from the chain at the next opening, and nothing is lost. */
export class IndexDamagedError extends Error {
  override readonly name = 'IndexDamagedError'

  constructor(what: string, options?: ErrorOptions) {
    super(`The index of changes is damaged: ${what} can not be read; open the chain again`, options)
  }
}
