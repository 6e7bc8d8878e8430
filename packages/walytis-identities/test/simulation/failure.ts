import { random, randomHistory } from '../state/histories.ts'
import { disagreement, type Read } from './agreement.ts'
import { drawHistory } from './draw.ts'
import { shrink } from './shrink.ts'

/** A history about which something disagrees, as small as it was found. */
export interface Failure {
  readonly seed: number
  readonly reason: string
  readonly drawing: string
}

/** Try the history of one seed. Resolves to the failure, shrunk; and says whether acts fell in it. */
export async function trySeed(seed: number, read?: Read): Promise<{ failure: Failure | undefined; fell: boolean }> {
  const { script, lines } = await randomHistory(random(seed))
  const fell = (await script.state()).fallen.size > 0
  if ((await disagreement(lines, seed, read)) === undefined) {
    return { failure: undefined, fell }
  }
  const least = await shrink(lines, async (smaller) => (await disagreement(smaller, seed, read)) !== undefined)
  const reason = (await disagreement(least, seed, read)) ?? ''
  return { failure: { seed, reason, drawing: drawHistory(least) }, fell }
}

/** A failure as a test that stays: it reads the drawing. */
export function testOf({ seed, reason, drawing }: Failure): string {
  const picture = drawing
    .split('\n')
    .map((line) => `      ${line}`)
    .join('\n')
  return `import { expect, it } from 'vitest'
import { disagreement } from '../simulation/agreement.ts'
import { readHistory } from '../simulation/draw.ts'

// ${reason}
it('R16 the history of seed ${seed} is read alike by all', async () => {
  const lines = readHistory(
    \`
${picture}
\`
  )
  expect(await disagreement(lines, ${seed})).toBeUndefined()
})
`
}
