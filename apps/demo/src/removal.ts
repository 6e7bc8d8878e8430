/*
 * Bob, once he was removed: a program of his own on his real folder, keys included, that asks every protocol of everybody. What
 * it is asked and what it reports; the program is `removed-member.ts`.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { DeviceError, DeviceExitedError } from './errors.ts'
import type { Failure } from './protocol.ts'
import { CAST, type Stage } from './stage.ts'

/** Whose folder it is, and what is sought. */
export interface RemovedMemberQuestion {
  readonly storage: string
  readonly passphraseFile: string
  readonly listen: string
  readonly announce: string
  /** DIDs: of the device, of the user that it belongs to, and of the chat. */
  readonly device: string
  readonly user: string
  readonly chat: string
  /** The line by which he once joined, as the group knows it. */
  readonly invitation: string
  /** Id of the message that he must not have. */
  readonly message: string
}

/** What he got, from whomever. */
export interface RemovedMemberReport {
  /** Everything he asked, and what came of it. */
  readonly asked: readonly { readonly what: string; readonly outcome: string }[]
  /** Nodes that a connection stood with, so that it was them who refused. */
  readonly reached: number
  /** Whether he was let in again by the invitation that he had used. */
  readonly readmitted: boolean
  /** Whether his chain holds the message's block. */
  readonly hasBlock: boolean
  /** Sealed contents of the message that others handed over when asked. */
  readonly envelopes: number
  /** Ids of the epochs whose seeds others handed over when asked. */
  readonly seeds: readonly string[]
  /** The message's content, where his own keys opened it. */
  readonly content: Uint8Array | undefined
}

export type RemovedMemberReply =
  | { readonly kind: 'report'; readonly report: RemovedMemberReport }
  | { readonly kind: 'failure'; readonly error: Failure }

/** Run the program on Bob's folder, which no other process may hold.
 * @throws {DeviceError} @throws {DeviceExitedError} */
export async function askAsRemovedMember(
  stage: Stage,
  who: Pick<RemovedMemberQuestion, 'device' | 'user' | 'chat' | 'invitation' | 'message'>
): Promise<RemovedMemberReport> {
  const addresses = await stage.addressesOf('bob')
  const question = {
    storage: stage.folderOf('bob'),
    passphraseFile: stage.passphraseFileOf('bob'),
    ...addresses,
    ...who
  }
  const child = fork(stage.init.programs.removedMember, {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', stage.init.debug ? 'inherit' : 'ignore', 'ipc']
  })
  stage.adopt(child)
  const replied = Promise.withResolvers<RemovedMemberReply>()
  child.once('message', (reply: RemovedMemberReply) => replied.resolve(reply))
  const exited = once(child, 'exit')
  exited.then(
    ([code, signal]) => replied.reject(new DeviceExitedError(CAST.bob, signal ?? `exit code ${code}`)),
    replied.reject
  )
  child.send(question)
  const reply = await replied.promise
  await exited
  if (reply.kind === 'failure') throw new DeviceError(CAST.bob, reply.error)
  return reply.report
}
