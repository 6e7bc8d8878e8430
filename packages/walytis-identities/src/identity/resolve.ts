/**
 * Which blocks of an identity's chain are in effect: a pure function of the set of accepted blocks.
 *
 * One controller writes one line of blocks. Two lines are a fork: the keys were copied, or an old backup runs beside the original. Then the
 * rotation that comes first in canonical order holds, and what its outgoing keys wrote without being its ancestor falls. An
 * identity alone can't tell a thief of its keys from its owner: the groups above it remove it.
 */

/** One accepted block, as its annotation describes it. */
export interface IdentityEntry {
  readonly id: string
  readonly height: number
  /** The key event (genesis or rotation) whose keys signed the block; the genesis names itself. */
  readonly signedUnder: string
  readonly rotates: boolean
}

/** What holds now. */
export interface Resolved {
  readonly inEffect: ReadonlySet<string>
  /** Key events that hold, the genesis first, the current one last. */
  readonly lineage: readonly string[]
}

/**
 * @param entries in canonical order, the genesis first
 * @param isAncestor proper ancestry
 */
export async function resolveIdentity(
  entries: readonly IdentityEntry[],
  isAncestor: (ancestor: string, descendant: string) => Promise<boolean>
): Promise<Resolved> {
  const genesis = entries[0]
  if (genesis === undefined) {
    return { inEffect: new Set(), lineage: [] }
  }
  const inEffect = new Set([genesis.id])
  const lineage = [genesis.id]
  for (let key: string | undefined = genesis.id; key !== undefined; ) {
    const signed = entries.filter((entry) => entry.signedUnder === key && entry.id !== genesis.id)
    const rotation = signed.find((entry) => entry.rotates)
    for (const entry of signed) {
      if (rotation === undefined || entry.id === rotation.id || (await isAncestor(entry.id, rotation.id))) {
        inEffect.add(entry.id)
      }
    }
    if (rotation !== undefined) {
      lineage.push(rotation.id)
    }
    key = rotation?.id
  }
  return { inEffect, lineage }
}
