/**
 * What endra itself reads of a message's metadata: docs/protocol.md, "Metadata". What is not as it must be counts as not there; nothing of it
 * makes a message invalid.
 */
import type { Did } from 'walytis-identities'
import { type Fields, isMap } from '../canonical.ts'
import { MAX_MENTIONS } from '../constants.ts'
import { isDid } from '../did.ts'
import { InvalidMessageError } from '../errors.ts'
import type { MessageContent } from '../interface/index.ts'

/** Users whom a message addresses, each once. */
export function mentionsOf({ metadata }: MessageContent): Did[] {
  const listed = metadata?.['mentions']
  if (!Array.isArray(listed) || listed.length > MAX_MENTIONS) return []
  return [...new Set(listed.filter((each): each is Did => isDid(each)))]
}

/** That a message was passed on, and whose it is said to have been. */
export function forwardedOf({ metadata }: MessageContent): { author?: Did | undefined } | undefined {
  const mark = metadata?.['forwarded']
  if (!isMap(mark)) return undefined
  return isDid(mark['author']) ? { author: mark['author'] } : {}
}

/** A content that addresses these users, and no others. Without a list it stays as it is. @throws {InvalidMessageError} */
export function withMentions(content: MessageContent, mentions: readonly Did[] | undefined): MessageContent {
  if (mentions === undefined) return content
  if (mentions.length > MAX_MENTIONS) throw new InvalidMessageError('too-many-mentions')
  if (!mentions.every(isDid)) throw new InvalidMessageError('mentions')
  return withField(content, 'mentions', mentions.length === 0 ? undefined : [...new Set(mentions)])
}

/** A content that says that it was passed on. */
export function withForwarded(content: MessageContent, mark: { author?: Did | undefined } | undefined): MessageContent {
  const author = mark?.author
  return mark === undefined ? content : withField(content, 'forwarded', author === undefined ? {} : { author })
}

function withField(content: MessageContent, name: string, value: unknown): MessageContent {
  const metadata: Fields = { ...content.metadata }
  if (value === undefined) delete metadata[name]
  else metadata[name] = value
  return { ...content, metadata }
}
