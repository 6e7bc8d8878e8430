/* The messages of one chat that a page holds: the newest ones without a gap, and older ones as they are asked for. Pure. */
import type { MessageStatus, MessageView } from '../../src/app/view.ts'

export interface Thread {
  /** Oldest first. */
  readonly messages: readonly MessageView[]
  /** Whether there are older ones. */
  readonly more: boolean
  /** How many older ones have been put in front since it was opened: lists keep their place by it. */
  readonly prepended: number
}

export const newThread = (page: { messages: readonly MessageView[]; more: boolean }): Thread => ({
  ...page,
  prepended: 0
})

/** Older messages, put in front. */
export function withOlder(thread: Thread, page: { messages: readonly MessageView[]; more: boolean }): Thread {
  const held = new Set(thread.messages.map(({ id }) => id))
  const older = page.messages.filter(({ id }) => !held.has(id))
  return {
    messages: [...older, ...thread.messages],
    more: page.more,
    prepended: thread.prepended + older.length
  }
}

/** A message that is new, or changed, behind the one it stands behind. One that stands before all that is held comes with its page. */
export function withMessage(thread: Thread, message: MessageView, previous: string | undefined): Thread {
  const at = thread.messages.findIndex(({ id }) => id === message.id)
  if (at >= 0) return { ...thread, messages: thread.messages.with(at, message) }
  const after = previous === undefined ? -1 : thread.messages.findLastIndex(({ id }) => id === previous)
  if (after < 0 && (previous !== undefined || thread.more) && thread.messages.length > 0) return thread
  return { ...thread, messages: thread.messages.toSpliced(after + 1, 0, message) }
}

export function withStatuses(thread: Thread, statuses: Readonly<Record<string, MessageStatus>>): Thread {
  const messages = thread.messages.map((message) => {
    const status = statuses[message.id]
    return status === undefined ? message : { ...message, status }
  })
  return { ...thread, messages }
}

export function withoutMessage(thread: Thread, gone: string): Thread {
  return { ...thread, messages: thread.messages.filter(({ id }) => id !== gone) }
}
