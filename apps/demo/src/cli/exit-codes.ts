import { describeError } from '../explain.ts'

/** What the terminal program's exit codes say, for scripts. 2 is a call that makes no sense. */
export const EXIT = { failed: 1, usage: 2, locked: 3, notFound: 4, unreachable: 5 } as const

const BY_NAME: Readonly<Record<string, number>> = {
  UsageError: EXIT.usage,
  InvalidNameError: EXIT.usage,
  WrongPassphraseError: EXIT.locked,
  StoreLockedError: EXIT.locked,
  NotFoundError: EXIT.notFound,
  InvitationError: EXIT.notFound,
  DeadlineError: EXIT.unreachable,
  UnknownIdentityError: EXIT.unreachable
}

/** The exit code for an error. */
export function exitCodeOf(error: unknown): number {
  return BY_NAME[describeError(error).name] ?? EXIT.failed
}
