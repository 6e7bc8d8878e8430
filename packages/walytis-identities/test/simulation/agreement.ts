import type { GroupState } from '../../src/state/membership.ts'
import { reduce } from '../../src/state/reduce.ts'
import { type ReferenceState, referenceState } from '../reference/membership.ts'
import { random, shuffled } from '../state/histories.ts'
import { hashState, parseLine, Script } from '../state/script.ts'

/** Reads a state out of a history: the resolver, or what stands in its place when the search itself is tested. */
export type Read = (script: Script) => Promise<ReferenceState>

/** What the resolver says, in the words of the reference. */
export const resolver: Read = async (script) => summary(await script.state())

/** How often a history is delivered again in another order. */
const DELIVERIES = 2

/**
 * Look for a disagreement about a history: with the reference, or between two orders of delivery. Lines that are refused, and those that
 * build on them, are left out.
 *
 * @param seed of the orders of delivery
 * @returns what disagrees, in one line; undefined when nothing does
 */
export async function disagreement(
  lines: readonly string[],
  seed: number,
  read: Read = resolver
): Promise<string | undefined> {
  const script = await Script.empty()
  const accepted = await addAll(script, lines)
  const own = await read(script)
  const expected = referenceState(script.ledger.nodes())
  for (const key of ['members', 'fallen', 'exclusions', 'usable'] as const) {
    if (own[key].join() !== expected[key].join()) {
      return `${key}: the resolver has "${own[key].join(' ')}", the reference "${expected[key].join(' ')}"`
    }
  }
  const hash = hashState(await script.state())
  if (hashState(await foldedAnew(script)) !== hash) {
    return 'folding all nodes anew gives another state than taking them one by one'
  }
  const pick = random(seed)
  for (let delivery = 0; delivery < DELIVERIES; delivery++) {
    const order = shuffled(accepted, pick)
    const other = await Script.run(order.join('\n'))
    const names = order.map((line) => parseLine(line).name).join(' ')
    if (other.refused.size > 0) {
      return `in the order ${names} these are refused: ${[...other.refused.keys()].join(' ')}`
    }
    if (hashState(await other.state()) !== hash) {
      return `the order ${names} gives another state`
    }
  }
  return undefined
}

/** The state by `reduce`, over all nodes at once. */
async function foldedAnew(script: Script): Promise<GroupState> {
  const { ledger } = script
  const { epochs } = await script.state()
  return reduce(ledger.nodes(), { did: ledger.did, resolve: script.resolve, epochOf: ({ id }) => epochs.get(id) }).state
}

/** @returns the lines that were accepted */
async function addAll(script: Script, lines: readonly string[]): Promise<string[]> {
  const accepted: string[] = []
  for (const text of lines) {
    const line = parseLine(text)
    const known = new Set(script.names())
    if (line.parents.every((parent) => known.has(parent)) && (await script.add(line))) {
      accepted.push(text)
    }
  }
  return accepted
}

function summary(state: GroupState): ReferenceState {
  return {
    members: [...state.members.values()].map(({ did, role }) => `${did} ${role}`),
    fallen: [...state.fallen].sort(),
    exclusions: [...state.exclusions].sort(),
    usable: [...state.usable].sort()
  }
}
