import { type ReactNode, useEffect, useMemo, useRef } from 'react'
import { STAGE_ROLES, type StageBlock } from '../../src/stage-page/view.ts'
import { counted } from '../client/words.ts'
import { layOut } from './layout.ts'

/** The chat as it lies on the three disks: a block for each thing that was said or decided, joined with those that its author knew. */
export function Graph({ blocks }: { blocks: readonly StageBlock[] }): ReactNode {
  const { blocks: placed, edges, width, height } = useMemo(() => layOut(blocks), [blocks])
  const place = useRef<HTMLElement>(null)
  // The newest blocks stay in view as the picture grows.
  useEffect(() => {
    place.current?.scrollTo({ left: place.current.scrollWidth })
  }, [width])
  const everywhere = blocks.filter(({ heldBy }) => heldBy.length === STAGE_ROLES.length).length
  return (
    <figure className="graph">
      <figcaption>
        <b>{counted(blocks.length, 'block', 'blocks')}</b>, {everywhere} of them on all three devices. A filled one is
        everywhere; a ring is still on its way.
      </figcaption>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard */}
      <section className="graph-place" ref={place} tabIndex={0} aria-label="Picture of the blocks">
        <svg
          width={width}
          height={height}
          role="img"
          aria-label={`Graph of ${counted(blocks.length, 'block', 'blocks')}`}
        >
          {edges.map(({ from, to }) => (
            <path
              key={`${from.block.id} ${to.block.id}`}
              className="edge"
              d={`M${from.x} ${from.y}C${from.x - 16} ${from.y} ${to.x + 16} ${to.y} ${to.x} ${to.y}`}
            />
          ))}
          {placed.map(({ block, x, y, row }) => (
            <circle
              key={block.id}
              className={block.heldBy.length === STAGE_ROLES.length ? 'block everywhere' : 'block'}
              data-row={row % 4}
              cx={x}
              cy={y}
              r={7}
            >
              <title>{`On ${block.heldBy.join(', ')}`}</title>
            </circle>
          ))}
        </svg>
      </section>
    </figure>
  )
}
