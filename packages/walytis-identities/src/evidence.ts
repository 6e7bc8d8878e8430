import { CID } from 'multiformats/cid'
import { brokenPositionRule, compareOrder, decodeSettings, type Verified, verifyRawBlock } from 'walytis'
import type {
  BlockId,
  BlockPolicy,
  ChainRecord,
  ChainSettings,
  PolicyContext,
  RawBlock,
  SignedBlock
} from 'walytis/interface'
import { EVIDENCE_BLOCKS_LIMIT, EVIDENCE_LIMIT } from './constants.ts'
import type { Refused } from './encoding/canonical.ts'

/**
 * Folding another principal's blocks that came as evidence: the same checks and the same policy as on a chain that is held, in memory.
 * Nothing is trusted that doesn't follow from the chain's id.
 */

/** A folded chain: accepted blocks in canonical order, genesis first, with what the policy said. */
export interface FoldedChain {
  readonly settings: ChainSettings
  readonly records: readonly ChainRecord[]
}

/**
 * Verify blocks of one chain, parents first. One bad block refuses all: evidence is either proof or nothing.
 *
 * @param chain the id that the genesis must have
 * @param policyOf the policy for these settings; undefined refuses them
 * @param limits how much is looked at
 */
export async function foldEvidence(
  chain: string,
  blocks: readonly RawBlock[],
  policyOf: (settings: ChainSettings) => BlockPolicy | undefined,
  limits?: { readonly blocks: number; readonly bytes: number }
): Promise<FoldedChain | Refused> {
  return isOutOfBounds(blocks, limits) ? { rule: 'evidence-size' } : foldEach(chain, verifiedEach(blocks), policyOf)
}

/** The same for blocks of which `verifyRawBlock` has been asked already. */
export async function foldVerified(
  chain: string,
  blocks: readonly { readonly block: SignedBlock; readonly raw: RawBlock }[],
  policyOf: (settings: ChainSettings) => BlockPolicy | undefined
): Promise<FoldedChain | Refused> {
  const raws = blocks.map(({ raw }) => raw)
  const verified = blocks.map(({ block, raw: { content } }) => ({ ok: true as const, block, content }))
  return isOutOfBounds(raws) ? { rule: 'evidence-size' } : foldEach(chain, verified, policyOf)
}

function isOutOfBounds(
  blocks: readonly RawBlock[],
  limits: { readonly blocks: number; readonly bytes: number } = { blocks: EVIDENCE_BLOCKS_LIMIT, bytes: EVIDENCE_LIMIT }
): boolean {
  const bytes = blocks.reduce((sum, raw) => sum + raw.block.length + raw.content.length, 0)
  return blocks.length === 0 || blocks.length > limits.blocks || bytes > limits.bytes
}

/** One after the other, so that nothing after a bad block is looked at. */
function* verifiedEach(blocks: readonly RawBlock[]): Generator<Verified> {
  for (const raw of blocks) {
    yield verifyRawBlock(raw)
  }
}

async function foldEach(
  chain: string,
  blocks: Iterable<Verified>,
  policyOf: (settings: ChainSettings) => BlockPolicy | undefined
): Promise<FoldedChain | Refused> {
  const fold = new Fold(chain)
  let settings: ChainSettings | undefined
  let policy: BlockPolicy | undefined
  for (const verified of blocks) {
    if (!verified.ok) {
      return { rule: verified.rule }
    }
    const { block, content } = verified
    if (settings === undefined) {
      if (block.chain !== null || block.id.toString() !== chain) {
        return { rule: 'evidence-genesis' }
      }
      settings = decodeSettings(content)
      policy = settings === undefined ? undefined : policyOf(settings)
    }
    if (settings === undefined || policy === undefined) {
      return { rule: 'evidence-policy' }
    }
    const broken = await fold.add(block, content, policy)
    if (broken !== undefined) {
      return { rule: broken }
    }
  }
  return settings === undefined ? { rule: 'evidence-genesis' } : { settings, records: fold.records() }
}

interface Folded {
  readonly record: ChainRecord
  readonly ancestors: ReadonlySet<string>
}

class Fold {
  readonly #chain: string
  readonly #blocks = new Map<string, Folded>()

  constructor(chain: string) {
    this.#chain = chain
  }

  records(): ChainRecord[] {
    return [...this.#blocks.values()].map(({ record }) => record).sort((a, b) => compareOrder(a.block, b.block))
  }

  /** @returns the rule that is broken */
  async add(block: SignedBlock, content: Uint8Array, policy: BlockPolicy): Promise<string | undefined> {
    const id = block.id.toString()
    if (this.#blocks.has(id)) {
      return 'evidence-twice'
    }
    const links = linksOf(block).map((link) => this.#blocks.get(link.toString()))
    const linked = links.filter((link) => link !== undefined)
    if (linked.length !== links.length) {
      return 'evidence-gap'
    }
    if (block.chain !== null) {
      const parents = linked.slice(0, block.parents.length).map(({ record }) => record.block)
      const prev = block.prev === null ? undefined : this.#blocks.get(block.prev.toString())?.record.block
      const broken = brokenPositionRule(block, CID.parse(this.#chain), parents, prev)
      if (broken !== undefined) {
        return broken
      }
    } else if (this.#blocks.size > 0) {
      return 'evidence-genesis'
    }
    const judgement = await policy.judge(block, content, this.#context(linked))
    if (!judgement.accepted) {
      return judgement.rule
    }
    const ancestors = new Set(linked.flatMap((link) => [link.record.block.id.toString(), ...link.ancestors]))
    const { annotation } = judgement
    this.#blocks.set(id, { record: { block, content, annotation, revoked: false }, ancestors })
    this.#mark(judgement.effects.revoke, true)
    this.#mark(judgement.effects.reinstate, false)
    return undefined
  }

  #mark(ids: readonly BlockId[], revoked: boolean): void {
    for (const id of ids) {
      const folded = this.#blocks.get(id.toString())
      if (folded !== undefined) {
        this.#blocks.set(id.toString(), { ...folded, record: { ...folded.record, revoked } })
      }
    }
  }

  #context(linked: readonly Folded[]): PolicyContext {
    const judged = ({ record }: Folded) => ({ ...record, content: async () => record.content })
    const all = () => this.records()
    const blocks = this.#blocks
    return {
      linked: linked.map(judged),
      get: async (id) => {
        const folded = blocks.get(id.toString())
        return folded === undefined ? undefined : judged(folded)
      },
      isAncestor: async (a, b) => blocks.get(b.toString())?.ancestors.has(a.toString()) ?? false,
      known: async function* (filter) {
        for (const record of all()) {
          const { creator, topics } = record.block
          const matches =
            (filter?.creator === undefined || filter.creator.equals(creator)) &&
            (filter?.topic === undefined || topics.includes(filter.topic))
          if (matches) {
            yield { ...record, content: async () => record.content }
          }
        }
      }
    }
  }
}

function linksOf({ parents, prev }: SignedBlock): BlockId[] {
  return prev === null || parents.some((parent) => parent.equals(prev)) ? parents : [...parents, prev]
}
