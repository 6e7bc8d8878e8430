/** Characters of a message that lists and quotes show. */
const EXCERPT = 160

/** The beginning of a message as one line, without marks of formatting. */
export function excerpt(text: string): string {
  const line = text
    .slice(0, 4 * EXCERPT)
    .replaceAll(/\*\*|__|~~|`/g, '')
    .replaceAll(/\s+/g, ' ')
    .trim()
  return line.length > EXCERPT ? `${line.slice(0, EXCERPT)}…` : line
}
