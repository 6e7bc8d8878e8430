/*
 * Which messages are formatted. Whoever is in a chat can write what keeps a Markdown parser busy for minutes, or nests deeper than the page can
 * draw; what nobody writes by hand is shown as it was written. Pure.
 */

/** Most characters that may be marks of formatting, line breaks included: some parsers' time grows with the square of them. */
const MOST_MARKS = 600
/** Quotes and lists inside each other. */
const DEEPEST = 12
/** Cells of a table: each row gets as many as the head has, written or not. */
const MOST_CELLS = 2000

const MARKS = /[^\p{L}\p{N}\p{M}\p{Zs}.,;?]/gu
/** The beginning of a line that opens one quote or list inside the other. */
const NESTED = new RegExp(`^(?:[ \\t]*(?:>|[-*+]|\\d{1,9}[.)])){${DEEPEST + 1}}`, 'm')
/** List entries that stand so far to the right that they may be inside as many others. */
const INDENTED = new RegExp(`^[ \\t]{${2 * DEEPEST + 1},}(?:>|[-*+]|\\d{1,9}[.)])`, 'm')

/** Whether a message is formatted, or shown as it was written. */
export function isFormatted(text: string): boolean {
  if (text.length > 4 * MOST_MARKS && (text.match(MARKS)?.length ?? 0) > MOST_MARKS) return false
  if (NESTED.test(text) || INDENTED.test(text)) return false
  const lines = text.split('\n')
  const columns = Math.max(...lines.map((line) => line.split('|').length))
  return columns < 3 || columns * lines.length <= MOST_CELLS
}

/** A link that may be followed from a message: to the web or to a mailbox, never to this page itself. */
export function linkOf(href: string | undefined): { readonly href: string; readonly host: string } | undefined {
  const url = href !== undefined && URL.canParse(href) ? new URL(href) : undefined
  if (url === undefined || href === undefined) return undefined
  if (url.protocol === 'mailto:') return { href, host: url.pathname }
  return url.protocol === 'https:' || url.protocol === 'http:' ? { href, host: url.host } : undefined
}

/** Whether the words of a link hide where it leads: then that is said beside it. */
export function hidesHost(words: string, host: string): boolean {
  const shown = /^(?:https?:\/\/|mailto:)?([^/?#\s]+)/i.exec(words.trim())?.[1]?.toLowerCase()
  return shown !== host && shown !== host.replace(/^www\./, '')
}
