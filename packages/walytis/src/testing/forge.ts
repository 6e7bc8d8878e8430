import { buildBlock } from '../block/build.ts'
import { encodeSettings } from '../block/genesis.ts'
import { compareIds } from '../block/id.ts'
import type { BlockPosition, ChainSettings, RawBlock, SignedBlock, Signer } from '../interface/index.ts'
import { type Actor, alice } from './actors.ts'
import type { DrawnGraph } from './draw-dag.ts'

/**
 * Blocks made by hand, without a node and its rules: histories that others might have written, forks and nonsense included.
 */

/** A signed block with its content, as it travels. */
export interface ForgedBlock extends RawBlock {
  readonly signed: SignedBlock
}

/** A block to be made, and where it is to stand; every claim about its place can be a lie. */
export interface ForgeInit {
  readonly signer: Signer
  readonly genesis: SignedBlock
  readonly parents: readonly SignedBlock[]
  /** Default: none, so `seq` is 1. */
  readonly prev?: SignedBlock | undefined
  readonly content?: Uint8Array | undefined
  readonly topics?: string[] | undefined
  readonly time?: number | undefined
  /** What to say instead of the truth about where the block stands. */
  readonly lie?: Partial<BlockPosition> | undefined
}

/** A chain for whoever is invited, with the policy that accepts all. */
export const PLAIN_SETTINGS: ChainSettings = {
  access: 'invite',
  policy: { name: 'walytis/default', parameters: new Uint8Array() }
}

/** A genesis, the same one for the same arguments. */
export async function forgeGenesis(
  actor: Actor = alice,
  settings: ChainSettings = PLAIN_SETTINGS,
  nonce: Uint8Array = new Uint8Array(32)
): Promise<ForgedBlock> {
  const content = encodeSettings(settings, nonce)
  const position = { chain: null, parents: [], prev: null, seq: 1, height: 0 }
  const signed = await buildBlock({ position, content, topics: [], time: 0 }, actor.signer)
  return { signed, block: signed.bytes, content }
}

/** A block where it is told to stand. */
export async function forgeBlock(init: ForgeInit): Promise<ForgedBlock> {
  const { genesis, parents, prev, content = new Uint8Array(), topics = [], time = 0 } = init
  const linked = prev === undefined ? parents : [...parents, prev]
  const position = {
    chain: genesis.id,
    parents: parents.map((parent) => parent.id).sort(compareIds),
    prev: prev?.id ?? null,
    seq: (prev?.seq ?? 0) + 1,
    height: 1 + Math.max(...linked.map((block) => block.height)),
    ...init.lie
  }
  const signed = await buildBlock({ position, content, topics, time }, init.signer)
  return { signed, block: signed.bytes, content }
}

/**
 * A drawn history as blocks: a node's name begins with its author's initial (`a1`, `b2`), its content is its name, and what
 * follows nothing follows the genesis.
 *
 * Authors' blocks are linked by `prev` in the order of the drawing; two of an author's blocks of which none follows the
 * other make a fork only when `forks` is set, else they are refused.
 *
 * @throws {RangeError}
 */
export async function forgeDag(
  graph: DrawnGraph,
  genesis: ForgedBlock,
  authors: readonly Actor[]
): Promise<Map<string, ForgedBlock>> {
  const forged = new Map<string, ForgedBlock>()
  const open = new Map(graph)
  while (open.size > 0) {
    const ready = [...open].find(([, parents]) => parents.every((parent) => forged.has(parent)))
    if (ready === undefined) throw new RangeError('the drawing has a cycle')
    const [name, parents] = ready
    open.delete(name)
    const author = authors.find((actor) => actor.name[0] === name[0])
    if (author === undefined) throw new RangeError(`nobody is called ${name}`)
    const followed = parents.flatMap((parent) => forged.get(parent) ?? [])
    forged.set(
      name,
      await forgeBlock({
        signer: author.signer,
        genesis: genesis.signed,
        parents: (followed.length === 0 ? [genesis] : followed).map(({ signed }) => signed),
        prev: lastBy(author, name, graph, forged, genesis),
        content: new TextEncoder().encode(name)
      })
    )
  }
  return forged
}

/** The author's highest block among the ancestors of a node. */
function lastBy(
  author: Actor,
  name: string,
  graph: DrawnGraph,
  forged: ReadonlyMap<string, ForgedBlock>,
  genesis: ForgedBlock
): SignedBlock | undefined {
  const seen = new Set<string>()
  const open = [...(graph.get(name) ?? [])]
  let last = genesis.signed.creator.equals(author.signer.publicKey) ? genesis.signed : undefined
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (seen.has(next)) continue
    seen.add(next)
    open.push(...(graph.get(next) ?? []))
    const block = forged.get(next)?.signed
    if (block?.creator.equals(author.signer.publicKey) === true && block.seq > (last?.seq ?? 0)) last = block
  }
  return last
}
