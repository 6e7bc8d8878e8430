import type { ChangeInfo, MayChange } from '../../src/interface.ts'
import { ancestorsOf, type Drawn, heightsOf, idOf, keyOf } from '../support/drawn-chain.ts'

/** What docs/protocol.md says of one original, straight from the definitions: every question looks at the whole graph. */
export interface NaiveState {
  readonly original: number
  readonly deleted: boolean
  /** The block whose content stands. */
  readonly shows: number
  /** Changes in effect, well-formed and permitted, in canonical order. */
  readonly changes: number[]
}

export function naiveStates(dag: readonly Drawn[], revoked: ReadonlySet<number>, mayChange: MayChange): NaiveState[] {
  const heights = heightsOf(dag)
  const ancestors = ancestorsOf(dag)
  const follows = (a: number, b: number): boolean => ancestors[a]?.has(b) ?? false
  const canonical = (a: number, b: number): number =>
    (heights[a] ?? 0) - (heights[b] ?? 0) || Buffer.compare(idOf(a).bytes, idOf(b).bytes)
  const last = (names: number[]): number | undefined => [...names].sort(canonical).at(-1)
  const info = (name: number): ChangeInfo => {
    const { kind, author } = dag[name] as Drawn
    return { kind, author, creator: keyOf(author) } as ChangeInfo
  }

  /** The original that a block is about: each named block must precede the one that names it. */
  const subject = (name: number): number | undefined => {
    const { kind, malformed, of } = dag[name] as Drawn
    if (kind === 'original') return name
    if (kind === 'foreign' || malformed || !follows(name, of)) return undefined
    return subject(of)
  }

  /** Among these changes: is the original deleted, and whose content stands. */
  const outcome = (original: number, changes: number[]): { deleted: boolean; shows: number; tips: number[] } => {
    const tips = changes.filter((change) => !changes.some((other) => follows(other, change))).sort(canonical)
    const updates = changes.filter((change) => dag[change]?.kind === 'update')
    const latest = updates.filter((update) => !updates.some((other) => follows(other, update)))
    return { deleted: tips.some((tip) => dag[tip]?.kind === 'delete'), shows: last(latest) ?? original, tips }
  }

  return dag
    .filter((drawn) => drawn.kind === 'original')
    .map(({ name: original, author }) => {
      const candidates = dag
        .map((drawn) => drawn.name)
        .filter((name) => name !== original && subject(name) === original && !revoked.has(name))
        .sort(canonical)
      const changes: number[] = []
      for (const change of candidates) {
        const past = outcome(
          original,
          changes.filter((other) => follows(change, other))
        )
        const state = { deleted: past.deleted, latest: past.tips.map(info) }
        const about = { id: idOf(original), author, creator: keyOf(author), topics: [] }
        if (mayChange(info(change), about, state)) changes.push(change)
      }
      const { deleted, shows } = outcome(original, changes)
      return { original, deleted, shows, changes }
    })
}
