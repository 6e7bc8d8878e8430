/**
 * Failures of groups, beside those in `errors.ts`. Match by `name`.
 *
 * Thrown while the seed of an epoch has not come: nobody who has it could be reached yet.
 */
export class KeyUnavailableError extends Error {
  override readonly name = 'KeyUnavailableError'
  readonly group: string
  /** The block of the epoch; undefined where there is no epoch that could be used. */
  readonly epoch: string | undefined

  constructor(group: string, epoch: string | undefined, options?: ErrorOptions) {
    super(
      `The keys of ${epoch ?? 'the current epoch'} in ${group} are not here yet: no device that has them was reached`,
      options
    )
    this.group = group
    this.epoch = epoch
  }
}

/** Thrown when this node's member has no right to do what it was asked to do; `rule` says which right is missing. */
export class AccessDeniedError extends Error {
  override readonly name = 'AccessDeniedError'
  readonly group: string
  readonly rule: string

  constructor(group: string, rule: string, options?: ErrorOptions) {
    super(`Not allowed in ${group}: ${rule}`, options)
    this.group = group
    this.rule = rule
  }
}

const REASONS = {
  malformed: 'it is not a complete invitation',
  expired: 'it has expired',
  refused: 'whoever made it refuses it: it is used up, expired, or revoked',
  unreachable: 'nobody who can honour it could be reached',
  forged: 'what was received is not the group that it names'
} as const

/** Thrown when an invitation can't be used. */
export class InvitationError extends Error {
  override readonly name = 'InvitationError'
  readonly reason: keyof typeof REASONS

  constructor(reason: keyof typeof REASONS, options?: ErrorOptions) {
    super(`The invitation can't be used: ${REASONS[reason]}`, options)
    this.reason = reason
  }
}

/** Thrown when what this node has stored of a group is damaged. Nothing is written then. */
export class GroupCorruptError extends Error {
  override readonly name = 'GroupCorruptError'
  /** What is wrong, in words. */
  readonly detail: string

  constructor(detail: string, options?: ErrorOptions) {
    super(
      `What is stored of a group is damaged (${detail}); restore the folder from a copy, or begin again in an empty one`,
      options
    )
    this.detail = detail
  }
}

/** Thrown when the chain of a group or an identity holds events that this version does not know and must know before it acts. */
export class UpdateRequiredError extends Error {
  override readonly name = 'UpdateRequiredError'
  readonly group: string
  /** The kinds of event. */
  readonly kinds: readonly string[]

  constructor(group: string, kinds: readonly string[]) {
    super(`${group} uses ${kinds.join(', ')}, which this version does not know: update first`)
    this.group = group
    this.kinds = kinds
  }
}
