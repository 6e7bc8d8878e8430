/** Graphs drawn with characters, so that a test shows its history instead of describing it. */

/** Names of nodes with the names of those they follow, in the order of the drawing's columns. */
export type DrawnGraph = ReadonlyMap<string, readonly string[]>

interface DrawnNode {
  readonly name: string
  readonly row: number
  readonly start: number
  readonly end: number
}

/**
 * Read a drawing. Time runs to the right; names are letters and digits; `-`, `/` and `\` are links.
 *
 * ```
 *   b-c
 *  /   \
 * a     e
 *  \   /
 *   -d-
 * ```
 *
 * @throws {RangeError} when a link ends nowhere, or a name comes twice
 */
export function parseDag(drawing: string): DrawnGraph {
  const grid = drawing.split('\n')
  const nodes = grid
    .flatMap((line, row) => [...line.matchAll(/[A-Za-z0-9]+/g)].map((match) => nodeAt(match, row)))
    .sort((a, b) => a.start - b.start)
  const parents = new Map<string, string[]>()
  for (const { name } of nodes) {
    if (parents.has(name)) throw new RangeError(`"${name}" is drawn twice`)
    parents.set(name, [])
  }
  for (const node of nodes) {
    for (const [row, step] of [
      [node.row, 0],
      [node.row - 1, -1],
      [node.row + 1, 1]
    ] as const) {
      const link = charAt(grid, row, node.end + 1)
      if (link === (step === 0 ? '-' : step < 0 ? '/' : '\\')) {
        parents.get(follow(grid, nodes, row, node.end + 1))?.push(node.name)
      }
    }
  }
  return parents
}

/** A graph as lines of text, for messages: each node with what it follows. */
export function describeDag(graph: DrawnGraph): string {
  return [...graph]
    .map(([name, parents]) => (parents.length === 0 ? name : `${name} <- ${parents.join(' ')}`))
    .join('\n')
}

function nodeAt(match: RegExpExecArray, row: number): DrawnNode {
  const [name] = match
  return { name, row, start: match.index, end: match.index + name.length - 1 }
}

/** Go right along a link until it meets a name. */
function follow(grid: readonly string[], nodes: readonly DrawnNode[], startRow: number, startColumn: number): string {
  let row = startRow
  let column = startColumn
  while (true) {
    const link = charAt(grid, row, column)
    const found = nodes.find((node) => node.row === row && node.start <= column && column <= node.end)
    if (found !== undefined) return found.name
    const rows = link === '/' ? [row - 1, row] : link === '\\' ? [row + 1, row] : [row, row - 1, row + 1]
    const next = rows.find((candidate) => continues(grid, row, candidate, column + 1))
    if (!isLink(link) || next === undefined)
      throw new RangeError(`a link ends at line ${row + 1}, column ${column + 1}`)
    row = next
    column++
  }
}

/** Whether a link may go on from `row` to this place. */
function continues(grid: readonly string[], row: number, nextRow: number, column: number): boolean {
  const char = charAt(grid, nextRow, column)
  if (/[A-Za-z0-9]/.test(char)) return true
  if (nextRow === row) return char === '-' || char === '/' || char === '\\'
  return char === (nextRow < row ? '/' : '\\') || char === '-'
}

function isLink(char: string): boolean {
  return char === '-' || char === '/' || char === '\\'
}

function charAt(grid: readonly string[], row: number, column: number): string {
  return grid[row]?.[column] ?? ' '
}
