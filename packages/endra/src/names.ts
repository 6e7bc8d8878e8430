import { isText } from './canonical.ts'
import { MAX_NAME_BYTES } from './constants.ts'
import { InvalidNameError } from './errors.ts'

/**
 * Control characters, line and paragraph separators, and the characters that turn the direction of text around: a name with
 * them could look like something else than it is, or break a terminal.
 */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u

/**
 * Characters that nothing is drawn for (Unicode: Default_Ignorable_Code_Point), apart from those that scripts and emoji need between others: joiners
 * and variation selectors. With them, two names could look alike that are not, or one like none at all.
 */
const INVISIBLE = /(?!\u200c|\u200d|[\ufe00-\ufe0f])\p{Default_Ignorable_Code_Point}/u

/** At least one character that is drawn. U+2800 is the empty pattern of Braille. */
const VISIBLE = /(?!\u2800)[\p{L}\p{N}\p{P}\p{S}]/u

/** Whether a value is fit to be shown as a name or title: text of at most 256 bytes that is what it looks like. */
export function isName(value: unknown): value is string {
  if (!isText(value, MAX_NAME_BYTES) || value.trim() !== value) return false
  return VISIBLE.test(value) && !UNPRINTABLE.test(value) && !INVISIBLE.test(value)
}

/**
 * A name or title as given by a caller, without space around it.
 *
 * @throws {InvalidNameError} when it is empty, too long, or has characters that don't show
 */
export function checkName(what: string, value: string): string {
  const name = value.trim()
  if (!isName(name)) throw new InvalidNameError(what)
  return name
}

/** Whether a value is a short text in which something is drawn, such as an emoji: those of flags contain characters that names must not have. */
export function isShortText(value: unknown, maxBytes: number): value is string {
  return isText(value, maxBytes) && value.trim() === value && VISIBLE.test(value) && !UNPRINTABLE.test(value)
}
