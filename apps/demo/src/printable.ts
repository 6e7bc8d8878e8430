/** Control characters, line and paragraph separators, and the marks that turn the direction of text around. */
const CONTROLS = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

/**
 * What somebody else wrote, as one line for a terminal: it can't move the cursor, change colours, or pass for another line. Line breaks show
 * as ⏎, other controls as U+FFFD.
 */
export function printable(text: string): string {
  return text.replaceAll(/\r?\n/g, ' ⏎ ').replaceAll(CONTROLS, '\ufffd')
}
