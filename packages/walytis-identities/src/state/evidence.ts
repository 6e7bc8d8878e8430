import { toString as toText } from 'uint8arrays/to-string'
import { compareOrder, decodeSettings, verifyRawBlock } from 'walytis'
import type { BlockId, RawBlock, SignedBlock } from 'walytis/interface'
import { IDENTITY_POLICY } from '../constants.ts'
import { chainOf } from '../did.ts'
import { isRefused, type Refused } from '../encoding/canonical.ts'
import { GROUP_POLICY } from '../group-constants.ts'
import { readKeys } from '../identity/policy.ts'
import { verifyIdentityEvidence } from '../identity/verify-evidence.ts'
import type { Did } from '../interface/did.ts'
import { judgeEventBlock, judgeGenesis } from './judge.ts'
import { type EvidenceResolver, Ledger } from './ledger.ts'
import type { MembershipNode, PrincipalState } from './membership.ts'

interface Kept {
  readonly block: SignedBlock
  readonly raw: RawBlock
}

/**
 * Other principals' blocks that came as evidence, verified, and what they say. Only grows; what it answers about a set of
 * blocks depends on that set alone, so it may serve many groups. Identities are folded by their own policy's rules, groups by a
 * ledger of their own, with this store for the evidence inside their events.
 */
export class EvidenceStore implements EvidenceResolver {
  private readonly blocks = new Map<Did, Map<string, Kept>>()
  private readonly ledgers = new Map<Did, Ledger>()
  private readonly states = new Map<string, PrincipalState | undefined>()

  /**
   * Verify blocks of one principal's chain, parents first. All their links must be in `known` or come before them here: a
   * function of these arguments alone.
   *
   * @param known blocks of that chain that count already
   * @returns ids of the blocks that are new to `known`
   */
  async admit(did: Did, raws: readonly RawBlock[], known: ReadonlySet<string>): Promise<readonly string[] | Refused> {
    const counted = new Set(known)
    const added: string[] = []
    for (const raw of raws) {
      const verified = verifyRawBlock(raw)
      if (!verified.ok) {
        return { rule: verified.rule }
      }
      const { block, content } = verified
      const id = block.id.toString()
      if ((block.chain ?? block.id).toString() !== chainOf(did)) {
        return { rule: 'evidence-foreign' }
      }
      if (counted.has(id)) {
        continue
      }
      if (!linksOf(block).every((link) => counted.has(link.toString()))) {
        return { rule: 'evidence-gap' }
      }
      const refused = await this.enter(did, block, content, raw)
      if (refused !== undefined) {
        return refused
      }
      counted.add(id)
      added.push(id)
    }
    if (added.length > 0 && this.kindOf(did) === 'identity') {
      const state = await verifyIdentityEvidence(did, this.rawBlocks(did, counted))
      if (isRefused(state)) {
        return state
      }
    }
    return added
  }

  async prepare(did: Did, blocks: ReadonlySet<string>): Promise<void> {
    const key = keyOf(did, blocks)
    if (!this.states.has(key)) {
      const state =
        this.kindOf(did) === 'identity' ? await this.identityAt(did, blocks) : await this.groupAt(did, blocks)
      this.states.set(key, state)
    }
  }

  readonly resolve = (did: Did, blocks: ReadonlySet<string>): PrincipalState | undefined =>
    this.states.get(keyOf(did, blocks))

  /** The blocks as they came, in canonical order. */
  rawBlocks(did: Did, ids: Iterable<string>): RawBlock[] {
    const known = this.blocks.get(did)
    return [...ids]
      .flatMap((id) => known?.get(id) ?? [])
      .sort((a, b) => compareOrder(a.block, b.block))
      .map(({ raw }) => raw)
  }

  private kindOf(did: Did): 'identity' | 'group' | undefined {
    const genesis = this.blocks.get(did)?.get(chainOf(did))
    const policy = genesis === undefined ? undefined : decodeSettings(genesis.raw.content)?.policy.name
    return policy === IDENTITY_POLICY ? 'identity' : policy === GROUP_POLICY ? 'group' : undefined
  }

  private async enter(did: Did, block: SignedBlock, content: Uint8Array, raw: RawBlock): Promise<Refused | undefined> {
    const id = block.id.toString()
    const kept = this.blocks.get(did) ?? new Map<string, Kept>()
    if (kept.has(id)) {
      return undefined
    }
    if (block.chain === null) {
      const policy = decodeSettings(content)?.policy.name
      if (policy !== IDENTITY_POLICY && policy !== GROUP_POLICY) {
        return { rule: 'evidence-policy' }
      }
      if (policy === GROUP_POLICY) {
        const ledger = new Ledger(did, this)
        const node = await judgeGenesis(block, content, ledger, this)
        if (isRefused(node)) {
          return node
        }
        ledger.enter(node)
        this.ledgers.set(did, ledger)
      }
    } else if (this.kindOf(did) === 'group') {
      const refused = await this.enterGroupEvent(did, block, content)
      if (refused !== undefined) {
        return refused
      }
    }
    kept.set(id, { block, raw: { block: raw.block, content: raw.content } })
    this.blocks.set(did, kept)
    return undefined
  }

  private async enterGroupEvent(did: Did, block: SignedBlock, content: Uint8Array): Promise<Refused | undefined> {
    const ledger = this.ledgers.get(did)
    const links = linksOf(block).map((link) => ledger?.get(link.toString()))
    if (ledger === undefined || links.includes(undefined)) {
      return { rule: 'evidence-gap' }
    }
    const frontier = ledger.frontier(links.filter((link): link is MembershipNode => link !== undefined))
    const node = await judgeEventBlock(block, content, frontier, ledger, this)
    if (isRefused(node)) {
      return node
    }
    ledger.enter(node)
    return undefined
  }

  private async identityAt(did: Did, ids: ReadonlySet<string>): Promise<PrincipalState | undefined> {
    const state = await verifyIdentityEvidence(did, this.rawBlocks(did, ids))
    if (isRefused(state)) {
      return undefined
    }
    const retired = state.lineage.slice(0, -1).flatMap((id) => {
      const kept = this.blocks.get(did)?.get(id)
      const keys = kept === undefined ? undefined : readKeys(kept.block, kept.raw.content)
      return keys === undefined || isRefused(keys) ? [] : [toText(keys.classical, 'hex')]
    })
    const device = {
      did,
      key: toText(state.keys.classical, 'hex'),
      keys: state.keys,
      keyEvent: state.lineage.at(-1) ?? '',
      retired
    }
    return { did, depth: 1, devices: [device], removals: new Map() }
  }

  private async groupAt(did: Did, ids: ReadonlySet<string>): Promise<PrincipalState | undefined> {
    const ledger = this.ledgers.get(did)
    if (ledger === undefined) {
      return undefined
    }
    const nodes = [...ids].flatMap((id) => ledger.get(id) ?? [])
    if (nodes.length === 0) {
      return undefined
    }
    const { state } = await ledger.stateAt(ledger.frontier(nodes))
    const depths = [...state.members.keys()].map((member) => state.principals.get(member)?.depth ?? 1)
    return {
      did,
      depth: 1 + Math.max(1, ...depths),
      devices: [...state.devices.values()].filter(({ pending }) => !pending).map(({ device }) => device),
      removals: state.removals
    }
  }
}

/** A block's parents, and its `prev` when it is not among them. */
export function linksOf({ parents, prev }: SignedBlock): BlockId[] {
  return prev === null || parents.some((parent) => parent.equals(prev)) ? parents : [...parents, prev]
}

function keyOf(did: Did, blocks: ReadonlySet<string>): string {
  return `${did} ${[...blocks].sort().join(' ')}`
}
