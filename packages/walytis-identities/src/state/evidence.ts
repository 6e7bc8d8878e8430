import { CID } from 'multiformats/cid'
import { equals } from 'uint8arrays/equals'
import { toString as toText } from 'uint8arrays/to-string'
import { blockIdOf, brokenPositionRule, compareOrder, decodeSettings, type Verified, verifyRawBlock } from 'walytis'
import type { BlockId, RawBlock, SignedBlock } from 'walytis/interface'
import { EVENT_TOPIC, IDENTITY_POLICY } from '../constants.ts'
import { chainOf } from '../did.ts'
import { isRefused, type Refused } from '../encoding/canonical.ts'
import { GROUP_POLICY } from '../group-constants.ts'
import { readKeys } from '../identity/policy.ts'
import { foldIdentity, type IdentityState } from '../identity/verify-evidence.ts'
import type { Did } from '../interface/did.ts'
import { type EvidenceAdmitter, judgeEventBlock, judgeGenesis } from './judge.ts'
import { type EvidenceResolver, Ledger } from './ledger.ts'
import type { MembershipNode, PrincipalState } from './membership.ts'

interface Kept {
  readonly block: SignedBlock
  readonly raw: RawBlock
}

type Kind = 'identity' | 'group'

/**
 * Other principals' blocks that came as evidence, verified, and what they say. Only grows, by what was accepted; what it answers about a set of
 * blocks depends on that set alone, so it may serve many groups. Identities are folded by their own policy's rules, groups by a
 * ledger of their own, with this store for the evidence inside their events.
 */
export class EvidenceStore implements EvidenceResolver {
  private readonly blocks = new Map<Did, Map<string, Kept>>()
  private readonly ledgers = new Map<Did, Ledger>()
  private readonly states = new Map<string, PrincipalState | undefined>()
  private admitting: Promise<unknown> = Promise.resolve()

  /**
   * Verify blocks of one principal's chain, parents first. All their links must be in `known` or come before them here: a
   * function of these arguments alone. One at a time: a ledger numbers its nodes as they are entered.
   *
   * @param known blocks of that chain that count already
   * @returns ids of the blocks that are new to `known`
   */
  admit(did: Did, raws: readonly RawBlock[], known: ReadonlySet<string>): Promise<readonly string[] | Refused> {
    const result = this.admitting.then(() => this.admitNow(did, raws, known))
    // the next one waits for this one, whatever became of it; whoever called sees the failure
    this.admitting = result.catch(() => undefined)
    return result
  }

  private readonly admitNow: EvidenceAdmitter['admit'] = async (did, raws, known) => {
    const counted = new Set(known)
    const added: string[] = []
    /** Blocks of an identity, which are proved all together. */
    const staged: Kept[] = []
    let kind = this.kindOf(did)
    for (const raw of raws) {
      const verified = this.verifiedBefore(did, raw) ?? verifyRawBlock(raw)
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
      kind ??= kindIn(content)
      if (kind === undefined) {
        return { rule: 'evidence-policy' }
      }
      const kept = { block, raw: { block: raw.block, content: raw.content } }
      if (kind === 'identity') {
        staged.push(kept)
      } else {
        const refused = await this.enterGroupBlock(did, kept)
        if (refused !== undefined) {
          return refused
        }
      }
      counted.add(id)
      added.push(id)
    }
    // whoever writes evidence looks at it first, and then it is judged
    if (staged.length > 0 && this.states.get(keyOf(did, counted)) === undefined) {
      const all = inOrder([...this.keptOf(did, known), ...staged])
      const state = await foldIdentity(did, all)
      if (isRefused(state)) {
        return state
      }
      for (const kept of staged) {
        this.keep(did, kept)
      }
      this.states.set(keyOf(did, counted), this.principalOf(state))
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
    return inOrder(this.keptOf(did, ids)).map(({ raw }) => raw)
  }

  private keptOf(did: Did, ids: Iterable<string>): Kept[] {
    const known = this.blocks.get(did)
    return [...ids].flatMap((id) => known?.get(id) ?? [])
  }

  private keep(did: Did, kept: Kept): void {
    const blocks = this.blocks.get(did) ?? new Map<string, Kept>()
    this.blocks.set(did, blocks.set(kept.block.id.toString(), kept))
  }

  /** A block that is kept was verified: it need not be again when the same bytes come once more. */
  private verifiedBefore(did: Did, { block, content }: RawBlock): Verified | undefined {
    const id = blockIdOf(block).toString()
    const kept = this.blocks.get(did)?.get(id)
    return kept !== undefined && equals(kept.raw.content, content)
      ? { ok: true, block: kept.block, content }
      : undefined
  }

  private kindOf(did: Did): Kind | undefined {
    const genesis = this.blocks.get(did)?.get(chainOf(did))
    return genesis === undefined ? undefined : kindIn(genesis.raw.content)
  }

  /** Enter a block of a group's chain, by all the rules that it is judged by there. @returns the rule that is broken */
  private async enterGroupBlock(did: Did, kept: Kept): Promise<Refused | undefined> {
    const { block, raw } = kept
    if (this.blocks.get(did)?.has(block.id.toString())) {
      return undefined
    }
    const ledger = block.chain === null ? new Ledger(did, this) : this.ledgers.get(did)
    if (ledger === undefined) {
      return { rule: 'evidence-gap' }
    }
    const node =
      block.chain === null
        ? await judgeGenesis(block, raw.content, ledger, { admit: this.admitNow })
        : await this.judgeGroupEvent(did, kept, ledger)
    if (isRefused(node)) {
      return node
    }
    ledger.enter(node)
    this.ledgers.set(did, ledger)
    this.keep(did, kept)
    return undefined
  }

  private async judgeGroupEvent(did: Did, { block, raw }: Kept, ledger: Ledger): Promise<MembershipNode | Refused> {
    if (!block.topics.includes(EVENT_TOPIC)) {
      return { rule: 'not-an-event' }
    }
    const links = linksOf(block).map((link) => link.toString())
    const nodes = links.flatMap((id) => ledger.get(id) ?? [])
    const linked = this.keptOf(did, links).map((one) => one.block)
    if (nodes.length !== links.length || linked.length !== links.length) {
      return { rule: 'evidence-gap' }
    }
    const prev = linked.find(({ id }) => block.prev?.equals(id) === true)
    const rule = brokenPositionRule(block, CID.parse(chainOf(did)), linked.slice(0, block.parents.length), prev)
    return rule === undefined
      ? judgeEventBlock(block, raw.content, ledger.frontier(nodes), ledger, { admit: this.admitNow })
      : { rule }
  }

  private async identityAt(did: Did, ids: ReadonlySet<string>): Promise<PrincipalState | undefined> {
    const state = await foldIdentity(did, inOrder(this.keptOf(did, ids)))
    return isRefused(state) ? undefined : this.principalOf(state)
  }

  private principalOf(state: IdentityState): PrincipalState {
    const { did } = state
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

/** What kind of principal the genesis with this content begins. */
function kindIn(content: Uint8Array): Kind | undefined {
  const policy = decodeSettings(content)?.policy.name
  return policy === IDENTITY_POLICY ? 'identity' : policy === GROUP_POLICY ? 'group' : undefined
}

function inOrder(kept: readonly Kept[]): Kept[] {
  return [...kept].sort((a, b) => compareOrder(a.block, b.block))
}

/** A block's parents, and its `prev` when it is not among them. */
export function linksOf({ parents, prev }: SignedBlock): BlockId[] {
  return prev === null || parents.some((parent) => parent.equals(prev)) ? parents : [...parents, prev]
}

function keyOf(did: Did, blocks: ReadonlySet<string>): string {
  return `${did} ${[...blocks].sort().join(' ')}`
}
