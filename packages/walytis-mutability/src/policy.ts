import { encodeCanonical } from 'walytis'
import type { ChangePolicy } from './interface.ts'

/** The default: who wrote a block changes it. On chains of identities, from any of their devices. */
export const authorOnly: ChangePolicy = {
  name: 'author',
  parameters: new Uint8Array(),
  mayChange: (change, original) => change.author === original.author
}

/**
 * Authors change their own blocks, and moderators delete and restore everybody's. What a moderator deleted, its author neither
 * edits nor restores; another moderator does.
 *
 * @param authors who moderates: `Block.author` as the chain has it, a multikey on plain chains, a DID on chains of identities
 */
export function moderatedBy(authors: readonly string[]): ChangePolicy {
  const moderators = new Set(authors)
  return {
    name: 'moderated',
    parameters: encodeCanonical([...moderators].sort()),
    mayChange: (change, original, { latest }) => {
      if (moderators.has(change.author) && change.kind !== 'update') return true
      if (change.author !== original.author) return false
      const isModerator = moderators.has(change.author)
      return isModerator || !latest.some(({ kind, author }) => kind === 'delete' && moderators.has(author))
    }
  }
}

/** A policy as the bytes that tell it from others: by its name and its parameters. */
export function encodePolicy({ name, parameters }: Pick<ChangePolicy, 'name' | 'parameters'>): Uint8Array {
  return encodeCanonical({ name, parameters })
}
