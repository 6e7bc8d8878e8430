import type { AbortOptions } from '@libp2p/interface'
import type { Did } from 'walytis-identities'
import { MAX_REACTIONS } from '../constants.ts'
import type { ReactionValue } from '../content/reaction.ts'
import type { Reaction, TypedEntry, TypedMessages } from '../interface/index.ts'

/** Who reacted how, from the reactions to one message in canonical order. */
function summarise(entries: Iterable<Pick<TypedEntry<ReactionValue>, 'author' | 'value'>>): Reaction[] {
  const byEmoji = new Map<string, Set<Did>>()
  for (const { author, value } of entries) {
    byEmoji.set(value.emoji, (byEmoji.get(value.emoji) ?? new Set()).add(author))
  }
  return [...byEmoji].map(([emoji, authors]) => ({ emoji, authors: [...authors] }))
}

/** Reactions to a message, as `Message.reactions` shows them. */
export async function reactionsTo(
  reactions: TypedMessages<ReactionValue>,
  about: string,
  options?: AbortOptions
): Promise<Reaction[]> {
  const entries: TypedEntry<ReactionValue>[] = []
  for await (const entry of reactions.list({ ...options, about, limit: MAX_REACTIONS })) entries.push(entry)
  return summarise(entries)
}

/** React, unless this user has done so. */
export async function react(
  reactions: TypedMessages<ReactionValue>,
  to: { about: string; emoji: string; me: Did },
  options?: AbortOptions
): Promise<void> {
  const { about, emoji, me } = to
  for await (const { author, value } of reactions.list({ ...options, about })) {
    if (author === me && value.emoji === emoji) return
  }
  await reactions.add({ emoji }, { ...options, about })
}

/** Take a reaction back: two devices that didn't know of each other may both have given it. */
export async function unreact(
  reactions: TypedMessages<ReactionValue>,
  to: { about: string; emoji: string; me: Did },
  options?: AbortOptions
): Promise<void> {
  const { about, emoji, me } = to
  for await (const entry of reactions.list({ ...options, about })) {
    if (entry.author !== me || entry.value.emoji !== emoji) continue
    try {
      await entry.delete(options)
    } catch (error) {
      // Another device of the user was faster.
      if (!(error instanceof Error) || error.name !== 'ChangeConflictError') throw error
    }
  }
}
