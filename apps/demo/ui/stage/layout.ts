/* Where the blocks of a graph stand in its picture: columns by height, rows by author. Pure. */
import type { StageBlock } from '../../src/stage-page/view.ts'

export interface PlacedBlock {
  readonly block: StageBlock
  readonly x: number
  readonly y: number
  /** Of its author, counted from the first that appears. */
  readonly row: number
}

export interface GraphLayout {
  readonly blocks: readonly PlacedBlock[]
  readonly edges: readonly { readonly from: PlacedBlock; readonly to: PlacedBlock }[]
  readonly width: number
  readonly height: number
}

const COLUMN = 34
const ROW = 34
const MARGIN = 22

export function layOut(blocks: readonly StageBlock[]): GraphLayout {
  const heights = [...new Set(blocks.map(({ height }) => height))].sort((a, b) => a - b)
  const authors = [...new Set(blocks.map(({ author }) => author))]
  const taken = new Map<string, number>()
  const placed = blocks.map((block): PlacedBlock => {
    const column = heights.indexOf(block.height)
    const row = authors.indexOf(block.author)
    // Two of one author at one height stand close, so that neither hides the other.
    const place = `${column} ${row}`
    const beside = taken.get(place) ?? 0
    taken.set(place, beside + 1)
    return { block, x: MARGIN + column * COLUMN + beside * 9, y: MARGIN + row * ROW + beside * 9, row }
  })
  const byId = new Map(placed.map((place) => [place.block.id, place]))
  const edges = placed.flatMap((from) =>
    from.block.parents.flatMap((parent) => {
      const to = byId.get(parent)
      return to === undefined ? [] : [{ from, to }]
    })
  )
  const width = 2 * MARGIN + Math.max(0, heights.length - 1) * COLUMN
  return { blocks: placed, edges, width, height: 2 * MARGIN + Math.max(0, authors.length - 1) * ROW }
}
