/** One class per failure, told apart by `name`. */

/** Thrown when a block that this node was asked to write, or was given as evidence, breaks a rule of the format or of the policy. */
export class InvalidBlockError extends Error {
  override readonly name = 'InvalidBlockError'
  /** The rule that is broken (docs/protocol.md). */
  readonly rule: string

  constructor(rule: string, options?: ErrorOptions) {
    super(`The block breaks the rule "${rule}".`, options)
    this.rule = rule
  }
}

/** Thrown when a chain, block, invitation or content with this id is not held here. */
export class NotFoundError extends Error {
  override readonly name = 'NotFoundError'
  readonly kind: 'chain' | 'block' | 'invitation' | 'content'
  readonly id: string

  constructor(kind: 'chain' | 'block' | 'invitation' | 'content', id: string, options?: ErrorOptions) {
    super(`This node does not hold the ${kind} ${id}.`, options)
    this.kind = kind
    this.id = id
  }
}

/** Thrown when an argument is larger than a documented limit. */
export class LimitExceededError extends Error {
  override readonly name = 'LimitExceededError'
  /** What is limited, such as `content bytes`. */
  readonly limit: string
  readonly maximum: number
  readonly actual: number

  constructor(limit: string, maximum: number, actual: number, options?: ErrorOptions) {
    super(`Too large: ${actual} ${limit}, where at most ${maximum} are allowed.`, options)
    this.limit = limit
    this.maximum = maximum
    this.actual = actual
  }
}

/** Thrown when an argument or a combination of arguments makes no sense: a mistake in the calling program. */
export class InvalidArgumentError extends Error {
  override readonly name = 'InvalidArgumentError'
  readonly argument: string

  constructor(argument: string, explanation: string, options?: ErrorOptions) {
    super(`Invalid ${argument}: ${explanation}.`, options)
    this.argument = argument
  }
}

/** Thrown by whatever is used after it was closed or stopped. */
export class ClosedError extends Error {
  override readonly name = 'ClosedError'
  readonly what: string

  constructor(what: string, options?: ErrorOptions) {
    super(`The ${what} is closed.`, options)
    this.what = what
  }
}

/** Thrown by writing when somebody else has written with this node's key: a copy of the key is in use, or a backup was restored. */
export class WritingStoppedError extends Error {
  override readonly name = 'WritingStoppedError'
  readonly chain: string
  /** The block of this key that this node did not write. */
  readonly block: string

  constructor(chain: string, block: string, options?: ErrorOptions) {
    super(
      `Writing has stopped: block ${block} bears this node's key but was written elsewhere. Use a fresh key.`,
      options
    )
    this.chain = chain
    this.block = block
  }
}

/** Thrown when a chain is opened or received with another policy than its genesis names. */
export class PolicyMismatchError extends Error {
  override readonly name = 'PolicyMismatchError'
  readonly required: string
  readonly given: string

  constructor(required: string, given: string, options?: ErrorOptions) {
    super(`The chain is governed by the policy "${required}", but "${given}" was given.`, options)
    this.required = required
    this.given = given
  }
}

/** Thrown when a policy fails or breaks its contract: a mistake in the policy, not in the block. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError'
  readonly policy: string

  constructor(policy: string, explanation: string, options?: ErrorOptions) {
    super(`The policy "${policy}" failed: ${explanation}.`, options)
    this.policy = policy
  }
}

/** What a consumer shows as its failure when its handler threw something that is no `Error`; the `cause` is what it threw. */
export class HandlerError extends Error {
  override readonly name = 'HandlerError'
  readonly consumer: string

  constructor(consumer: string, options?: ErrorOptions) {
    super(`The handler of the consumer "${consumer}" failed.`, options)
    this.consumer = consumer
  }
}

/** Thrown when another process, or this one, already has the store open. */
export class StoreLockedError extends Error {
  override readonly name = 'StoreLockedError'
  readonly location: string

  constructor(location: string, options?: ErrorOptions) {
    super(`The store ${location} is in use by another process; stop that one or choose another folder.`, options)
    this.location = location
  }
}

/** Thrown when what is stored can't be read back as it was written. */
export class StoreCorruptError extends Error {
  override readonly name = 'StoreCorruptError'
  readonly location: string

  constructor(location: string, options?: ErrorOptions) {
    super(`The store ${location} is damaged; restore it from a backup or from other devices.`, options)
    this.location = location
  }
}

/** The cause of a `StoreCorruptError`: which file of the store's folder is missing or damaged, and how. */
export class DamagedFileError extends Error {
  override readonly name = 'DamagedFileError'
  /** Its name in the folder. */
  readonly file: string

  constructor(file: string, how: string) {
    super(`The file ${file} ${how}.`)
    this.file = file
  }
}

/** Thrown when a larger content can't exist: what its author signed as its root leads to something else than content of the stated size. */
export class InvalidContentError extends Error {
  override readonly name = 'InvalidContentError'
  /** CID of the content. */
  readonly content: string

  constructor(content: string, options?: ErrorOptions) {
    super(`There is no content ${content} of the size that its block states; nobody can have it.`, options)
    this.content = content
  }
}

/** Thrown when a newer version of this software has written the store. */
export class StoreVersionError extends Error {
  override readonly name = 'StoreVersionError'
  readonly found: number
  readonly supported: number

  constructor(found: number, supported: number, options?: ErrorOptions) {
    super(
      `The store has layout ${found}, and this version reads layouts up to ${supported}; update the software.`,
      options
    )
    this.found = found
    this.supported = supported
  }
}

/**
 * Thrown when one record of an open chain can't be read back as it was written. It is fetched again as soon as a peer that has it takes
 * part, and `block:repaired` tells when it can be read.
 */
export class DamagedRecordError extends Error {
  override readonly name = 'DamagedRecordError'
  readonly chain: string
  /** Which part of the block: its own record, or that of its content. */
  readonly part: 'block' | 'content'
  readonly block: string

  constructor(chain: string, part: 'block' | 'content', block: string, options?: ErrorOptions) {
    const what = part === 'block' ? 'record' : 'content'
    super(`The ${what} of block ${block} in chain ${chain} is damaged; it is fetched again from peers.`, options)
    this.chain = chain
    this.part = part
    this.block = block
  }
}

/**
 * Thrown when the disk refuses to read or write: full, read-only, or failing. What was asked for did not happen, and a chain
 * that could not write refuses to write until it is opened again, lest it continue from what the disk may have lost.
 */
export class StoreFailedError extends Error {
  override readonly name = 'StoreFailedError'
  /** The store's own code, such as `LEVEL_IO_ERROR`. */
  readonly code: string

  constructor(code: string, options?: ErrorOptions) {
    super(`The store failed (${code}); free its disk or mend it, then open it again.`, options)
    this.code = code
  }
}

/** Thrown when a peer may not hold a chain, or this node was refused. Says nothing about why. */
export class AccessDeniedError extends Error {
  override readonly name = 'AccessDeniedError'

  constructor(options?: ErrorOptions) {
    super('Access to the chain was refused.', options)
  }
}

/** Thrown when this node can't listen where it was told to. */
export class ListenError extends Error {
  override readonly name = 'ListenError'
  readonly addresses: readonly string[]

  constructor(addresses: readonly string[], options?: ErrorOptions) {
    super(`Can't listen on ${addresses.join(', ')}: the port is in use, or the address is not this machine's.`, options)
    this.addresses = addresses
  }
}

/** Thrown when none of the peers that have a chain could be reached, or none went on sending it. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError'
  readonly peers: readonly string[]

  constructor(peers: readonly string[], options?: ErrorOptions) {
    super(`None of the peers could be reached: ${peers.join(', ') || 'none is known'}.`, options)
    this.peers = peers
  }
}

/** Thrown when something is to be written to a chain that is still being received. Wait for `sync:level`, or for `sync()` to say so. */
export class IncompleteChainError extends Error {
  override readonly name = 'IncompleteChainError'
  readonly chain: string

  constructor(chain: string, options?: ErrorOptions) {
    super(`The chain ${chain} is still being received: it can be read, and written once it is complete.`, options)
    this.chain = chain
  }
}

/** Thrown when an invitation can't be used. */
export class InvitationError extends Error {
  override readonly name = 'InvitationError'
  readonly reason: 'malformed' | 'expired' | 'refused' | 'unreachable' | 'forged'

  constructor(reason: 'malformed' | 'expired' | 'refused' | 'unreachable' | 'forged', options?: ErrorOptions) {
    super(`The invitation can't be used: ${INVITATION_REASONS[reason]}.`, options)
    this.reason = reason
  }
}

const INVITATION_REASONS = {
  malformed: 'it is not a complete invitation',
  expired: 'it has expired',
  refused: 'the peer refused it (used up, expired, or revoked)',
  unreachable: 'none of its peers could be reached',
  forged: 'what the peer sent is not the chain it names'
} as const
