import { describe, expect, it } from 'vitest'
import type { BlockId, JudgedBlock } from 'walytis/interface'
import { chainOf } from '../../src/did.ts'
import { encodeGroupAnnotation } from '../../src/state/annotation.ts'
import type { RecoveryContext } from '../../src/state/effects.ts'
import { createGroupPolicy } from '../../src/state/policy.ts'
import { bareDid } from '../support/handshake.ts'

const a = chainOf(bareDid('a'))
const b = chainOf(bareDid('b'))

/** What a store gives out: under each id a block with this id, which stands on those nodes. */
function stored(rows: Record<string, { readonly id: string; readonly nodes: readonly string[] }>): RecoveryContext {
  const judged = ({ id, nodes }: { id: string; nodes: readonly string[] }): JudgedBlock => {
    const [author, device] = [bareDid('author'), bareDid('device')]
    const annotation = encodeGroupAnnotation({ nodes, node: true, author, device })
    return { block: { id: { toString: () => id } }, annotation, revoked: false } as unknown as JudgedBlock
  }
  return {
    get: async (id: BlockId) => {
      const row = rows[id.toString()]
      return row === undefined ? undefined : judged(row)
    },
    known: async function* () {
      for (const [id, { nodes }] of Object.entries(rows)) yield judged({ id, nodes })
    }
  }
}

describe('reading again what was stored of a group', () => {
  const corrupt = { name: 'GroupCorruptError' }

  it('F1 ends by name when blocks follow each other in a circle', async () => {
    const circle = stored({ [a]: { id: a, nodes: [b] }, [b]: { id: b, nodes: [a] } })
    await expect(createGroupPolicy(new Uint8Array()).recover(circle)).rejects.toMatchObject(corrupt)
  })

  it('F1 ends by name when a block is not the one that it is stored as', async () => {
    const changed = stored({ [a]: { id: b, nodes: [] } })
    await expect(createGroupPolicy(new Uint8Array()).recover(changed)).rejects.toMatchObject(corrupt)
  })

  it('F1 ends by name when a block is missing', async () => {
    const missing = stored({ [a]: { id: a, nodes: [b] } })
    await expect(createGroupPolicy(new Uint8Array()).recover(missing)).rejects.toMatchObject(corrupt)
  })
})
