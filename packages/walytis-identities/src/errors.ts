/**
 * Every failure this package throws. Match by `name`.
 *
 * Thrown when an argument can't be what the function needs: a mistake of the caller.
 */
export class InvalidArgumentError extends Error {
  override readonly name = 'InvalidArgumentError'
  readonly argument: string

  constructor(argument: string, message: string) {
    super(message)
    this.argument = argument
  }
}

/** Thrown when something is larger than its limit. */
export class LimitExceededError extends Error {
  override readonly name = 'LimitExceededError'
  readonly what: string
  readonly limit: number
  readonly actual: number

  constructor(what: string, limit: number, actual: number) {
    super(`${what}: at most ${limit}, not ${actual}`)
    this.what = what
    this.limit = limit
    this.actual = actual
  }
}

/** Thrown when an object is used after its `close`. */
export class ClosedError extends Error {
  override readonly name = 'ClosedError'
  readonly what: string

  constructor(what: string) {
    super(`The ${what} is closed`)
    this.what = what
  }
}

/** Thrown when a suite has a number that this version does not know. */
export class UnknownSuiteError extends Error {
  override readonly name = 'UnknownSuiteError'
  readonly suite: number

  constructor(suite: number) {
    super(`The cryptographic suite ${suite} is unknown here: a newer version is needed`)
    this.suite = suite
  }
}

/** Thrown when the key store does not open with this passphrase or key. */
export class WrongPassphraseError extends Error {
  override readonly name = 'WrongPassphraseError'
  constructor() {
    super('The passphrase or key does not open this key store')
  }
}

/** Thrown when what the key store holds was changed, damaged or cut off. */
export class KeyStoreCorruptError extends Error {
  override readonly name = 'KeyStoreCorruptError'
  readonly what: string

  constructor(what: string, options?: ErrorOptions) {
    super(`The key store is damaged: ${what}. Restore it from a backup`, options)
    this.what = what
  }
}

/** Thrown when another process (or another object in this one) holds the key store's folder. */
export class KeyStoreLockedError extends Error {
  override readonly name = 'KeyStoreLockedError'
  readonly location: string

  constructor(location: string, options?: ErrorOptions) {
    super(`Another process is using ${location}: stop it first, or choose another folder`, options)
    this.location = location
  }
}

/** Thrown when a newer version wrote the key store. */
export class KeyStoreVersionError extends Error {
  override readonly name = 'KeyStoreVersionError'
  readonly found: number
  readonly supported: number

  constructor(found: number, supported: number) {
    super(`The key store has format ${found} and this version reads up to ${supported}: update first`)
    this.found = found
    this.supported = supported
  }
}

/** Thrown when the key store to be opened is not there and none is to be made. */
export class KeyStoreMissingError extends Error {
  override readonly name = 'KeyStoreMissingError'
  constructor() {
    super('There is no key store here: choose another folder, or let one be made')
  }
}

/** Thrown when an exported key store was changed, damaged or cut off, or is none. */
export class BackupCorruptError extends Error {
  override readonly name = 'BackupCorruptError'
  readonly what: string

  constructor(what: string, options?: ErrorOptions) {
    super(`The backup can't be read: ${what}. Nothing was taken from it`, options)
    this.what = what
  }
}

/** Thrown when a backup and the key store that is to take it in hold different secrets under one name. */
export class BackupConflictError extends Error {
  override readonly name = 'BackupConflictError'
  /** The first record that differs. */
  readonly record: string

  constructor(record: string) {
    super(`The key store holds another secret as ${record}. Nothing was taken from the backup`)
    this.record = record
  }
}

/** Thrown when sealed bytes don't open: changed, sealed for somebody else, or under keys that are gone. */
export class DecryptionError extends Error {
  override readonly name = 'DecryptionError'
  constructor(options?: ErrorOptions) {
    super('The bytes do not open with the keys held here', options)
  }
}

/** Thrown when a string is not a DID of the method `walytis`. */
export class InvalidDidError extends Error {
  override readonly name = 'InvalidDidError'
  readonly did: string

  constructor(did: string) {
    super(`Not a DID of the form did:walytis:<chain id>: ${did.slice(0, 128)}`)
    this.did = did
  }
}

/** Thrown when words are not a recovery phrase. The message says what is wrong, and repeats none of the words. */
export class InvalidRecoveryPhraseError extends Error {
  override readonly name = 'InvalidRecoveryPhraseError'
  constructor(reason: string, options?: ErrorOptions) {
    super(`Not a recovery phrase: ${reason}`, options)
  }
}

/** Thrown when this node does not hold the identity or group, or not its keys. */
export class UnknownIdentityError extends Error {
  override readonly name = 'UnknownIdentityError'
  readonly did: string

  constructor(did: string, options?: ErrorOptions) {
    super(`This node holds no keys or chain for ${did}`, options)
    this.did = did
  }
}

/** Thrown when an identity's chain breaks the rules of its policy; `rule` says which. */
export class InvalidIdentityError extends Error {
  override readonly name = 'InvalidIdentityError'
  readonly did: string
  readonly rule: string

  constructor(did: string, rule: string) {
    super(`The chain of ${did} is not that of an identity: ${rule}`)
    this.did = did
    this.rule = rule
  }
}

/** Thrown when the other side is not a current member (or device of one) of the group. */
export class NotMemberError extends Error {
  override readonly name = 'NotMemberError'
  readonly group: string
  readonly did: string

  constructor(group: string, did: string) {
    super(`${did} is not a current member of ${group}`)
    this.group = group
    this.did = did
  }
}

/** Thrown when no device could be reached, or it refused: which of both is not said to strangers. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError'
  readonly target: string

  constructor(target: string, options?: ErrorOptions) {
    super(`${target} can't be reached, or refuses`, options)
    this.target = target
  }
}

/** Thrown when a channel ended other than by the other side's saying so, or is used after it ended. */
export class ChannelClosedError extends Error {
  override readonly name = 'ChannelClosedError'
  readonly reason: string

  constructor(reason: string, options?: ErrorOptions) {
    super(`The channel is closed: ${reason}`, options)
    this.reason = reason
  }
}

/** Thrown inside a handshake that fails; callers see `UnreachableError` with this as its cause. */
export class HandshakeError extends Error {
  override readonly name = 'HandshakeError'
  readonly rule: string

  constructor(rule: string, options?: ErrorOptions) {
    super(`The handshake failed: ${rule}`, options)
    this.rule = rule
  }
}
