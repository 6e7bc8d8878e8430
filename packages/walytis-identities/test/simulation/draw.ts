/**
 * Histories drawn with characters, and read back. Time runs down; each block is a `*` in a lane of its own links. A `.` is where a lane
 * forks off, a `'` where one ends in another; links cross each other as `|` in a row of `-`.
 *
 *     *    g  alice founds
 *     +-.
 *     * |  x  alice remove bob
 *     | *  y  bob remove alice
 *     +-'
 *     *    z  carol says
 */

/** What every history begins with. */
const GENESIS = 'g'
const FOUNDING = 'alice founds'
const LANE = 2

interface Drawn {
  readonly name: string
  readonly parents: readonly string[]
  /** Who does what. */
  readonly text: string
}

/** Draw the lines of a script, each after those that it follows. */
export function drawHistory(lines: readonly string[]): string {
  const blocks: Drawn[] = [{ name: GENESIS, parents: [], text: FOUNDING }, ...lines.map(readLine)]
  const rows: { picture: string; text: string }[] = []
  /** For each lane the block that it leads to. */
  const lanes: (string | undefined)[] = []
  for (const { name, text } of blocks) {
    const arriving = lanes.flatMap((to, at) => (to === name ? [at] : []))
    const own = arriving[0] ?? freeLane(lanes, 0)
    if (arriving.length > 1) {
      rows.push({ picture: junction(lanes, own, arriving.slice(1), "'"), text: '' })
    }
    for (const lane of arriving) {
      lanes[lane] = undefined
    }
    lanes[own] = name
    rows.push({ picture: picture(lanes.map((to, at) => (at === own ? '*' : laneAt(to)))), text: `${name}  ${text}` })
    const [first, ...others] = blocks.filter((block) => block.parents.includes(name))
    lanes[own] = first?.name
    const before = [...lanes]
    const opened = others.map((child) => {
      const lane = freeLane(lanes, own)
      lanes[lane] = child.name
      return lane
    })
    if (opened.length > 0) {
      rows.push({ picture: junction(before, own, opened, '.'), text: '' })
    }
  }
  const width = Math.max(...rows.map((row) => row.picture.trimEnd().length))
  return rows.map((row) => `${row.picture.trimEnd().padEnd(width)}  ${row.text}`.trimEnd()).join('\n')
}

/** The lines of a script, from a drawing. The reverse of `drawHistory`. */
export function readHistory(drawing: string): string[] {
  const lines: string[] = []
  /** For each lane the block that it comes from. */
  const lanes: string[][] = []
  const rows = drawing.split('\n').filter((one) => one.trim() !== '')
  const margin = Math.min(...rows.map((row) => row.search(/\S/)))
  for (const row of rows.map((one) => one.slice(margin))) {
    const [, marks = '', name = '', text = ''] = /^([*|+.'\- ]*?)(?: {2,}(\w+) {2}(.*))?$/.exec(row) ?? []
    const at = (mark: string): number[] => [...marks].flatMap((char, column) => (char === mark ? [column / LANE] : []))
    const [own = at('*')[0] ?? 0] = at('+')
    for (const lane of at("'")) {
      lanes[own] = [...(lanes[own] ?? []), ...(lanes[lane] ?? [])]
      lanes[lane] = []
    }
    for (const lane of at('.')) {
      lanes[lane] = [...(lanes[own] ?? [])]
    }
    if (name !== '') {
      if (name !== GENESIS) {
        lines.push(`${name} : ${(lanes[own] ?? []).join(',')} ${text}`)
      }
      lanes[own] = [name]
    }
  }
  return lines
}

function readLine(line: string): Drawn {
  const [, name = '', links = '', text = ''] = /^\s*(\w+)\s*:\s*(\S+)\s+(.*)$/.exec(line) ?? []
  return { name, parents: links.split(','), text: text.replaceAll(/\s+/g, ' ').trim() }
}

function freeLane(lanes: readonly (string | undefined)[], from: number): number {
  const free = lanes.findIndex((to, at) => at > from && to === undefined)
  return free >= 0 ? free : lanes.length
}

function laneAt(to: string | undefined): string {
  return to === undefined ? ' ' : '|'
}

function picture(marks: readonly string[]): string {
  return marks.join(' '.repeat(LANE - 1))
}

/** One lane joined with others, across those between them. */
function junction(
  lanes: readonly (string | undefined)[],
  own: number,
  others: readonly number[],
  mark: string
): string {
  const last = Math.max(own, ...others)
  const first = Math.min(own, ...others)
  const marks = Array.from({ length: Math.max(lanes.length, last + 1) }, (_, at) =>
    at === own
      ? '+'
      : others.includes(at)
        ? mark
        : lanes[at] === undefined && at > first && at < last
          ? '-'
          : laneAt(lanes[at])
  )
  return marks.map((char, at) => char + (at >= first && at < last ? '-' : ' ').repeat(LANE - 1)).join('')
}
