import type { Did } from '../interface/did.ts'
import { Bits } from './bits.ts'
import { extend } from './extend.ts'
import type { Author, EpochState, GroupState, MembershipNode, Resolve } from './membership.ts'
import { type Reduced, reduce } from './reduce.ts'
import { compareIds } from './seniority.ts'

/** A node before it is entered. */
export type NodeInit = Omit<MembershipNode, 'index' | 'past'>

/** Loads what folding evidence needs, so that `resolve` can answer at once. */
export interface EvidenceResolver {
  /** Make `resolve` ready for this set. */
  prepare(principal: Did, blocks: ReadonlySet<string>): Promise<void>
  readonly resolve: Resolve
}

/** States kept for reuse. */
const STATE_CACHE = 256

/**
 * The nodes of one group that are known here, and the states at any of their frontiers. Owned by a policy (for the group's own chain) or
 * by the store of evidence (for a group that is a member of another). It only ever grows, and what it answers about a
 * frontier depends on that frontier's ancestors alone.
 */
export class Ledger {
  readonly did: Did
  private readonly resolver: EvidenceResolver
  private readonly byIndex: MembershipNode[] = []
  private readonly byId = new Map<string, MembershipNode>()
  private readonly states = new Map<string, Promise<Reduced>>()
  private readonly epochs = new WeakMap<MembershipNode, EpochState>()
  /** Nodes that no other follows. */
  private readonly headNodes = new Map<string, MembershipNode>()
  private visits = 0
  /** What was folded last, in case its node is entered. */
  private latest: { readonly node: MembershipNode; readonly reduced: Reduced } | undefined

  constructor(did: Did, resolver: EvidenceResolver) {
    this.did = did
    this.resolver = resolver
  }

  get size(): number {
    return this.byIndex.length
  }

  get(id: string): MembershipNode | undefined {
    return this.byId.get(id)
  }

  /** How many nodes have been looked at to make states, ever: a measure of work. */
  get visited(): number {
    return this.visits
  }

  /** The nodes that no other follows, in the order of a frontier. */
  heads(): MembershipNode[] {
    return [...this.headNodes.values()].sort((a, b) => compareIds(a.id, b.id))
  }

  nodes(): readonly MembershipNode[] {
    return this.byIndex
  }

  /** A node as it would stand in this ledger, not entered yet. */
  draft(init: NodeInit): MembershipNode {
    let past = Bits.empty
    for (const link of init.links) {
      past = past.union(link.past).with(link.index)
    }
    return { ...init, index: this.byIndex.length, past }
  }

  /** Enter a node that was drafted since the last one was entered; one with acts after its `stateAfter` was asked for. */
  enter(node: MembershipNode): void {
    if (this.byId.has(node.id)) {
      return
    }
    if (node.index !== this.byIndex.length) {
      throw new RangeError('Another node was entered since this one was drafted')
    }
    if (node.acts.some((act) => act.kind === 'epoch') && !this.epochs.has(node)) {
      throw new RangeError('An epoch is entered after the state that it begins with is known')
    }
    this.byIndex.push(node)
    this.byId.set(node.id, node)
    for (const link of node.links) {
      this.headNodes.delete(link.id)
    }
    this.headNodes.set(node.id, node)
    if (this.latest?.node === node) {
      this.remember(node.id, Promise.resolve(this.latest.reduced))
    }
  }

  /** Those of `nodes` that none of the others follows. */
  frontier(nodes: Iterable<MembershipNode>): MembershipNode[] {
    const distinct = [...new Set(nodes)]
    return distinct
      .filter((node) => !distinct.some((other) => other.past.has(node.index)))
      .sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))
  }

  /** The nodes of a frontier and all their ancestors. */
  closure(frontier: readonly MembershipNode[]): MembershipNode[] {
    let members = Bits.empty
    for (const node of frontier) {
      members = members.union(node.past).with(node.index)
    }
    return [...members].flatMap((index) => this.byIndex[index] ?? [])
  }

  /** The state at a frontier. */
  stateAt(frontier: readonly MembershipNode[]): Promise<Reduced> {
    const key = frontier.map((node) => node.id).join(' ')
    const known = this.states.get(key)
    if (known !== undefined) {
      this.states.delete(key)
      this.states.set(key, known)
      return known
    }
    const result = frontier.some(witnesses) ? this.withoutWitnesses(frontier) : this.fold(this.closure(frontier))
    this.remember(key, result)
    return result
  }

  /** The state right after a node that is not entered yet. */
  async stateAfter(draft: MembershipNode): Promise<GroupState> {
    const reduced = (await this.extended(draft)) ?? (await this.fold([...this.closure(draft.links), draft]))
    const epoch = reduced.state.epochs.get(draft.id)
    if (epoch !== undefined) {
      this.epochs.set(draft, epoch)
    }
    this.latest = { node: draft, reduced }
    return reduced.state
  }

  /** From the state at its links: a draft follows them all. */
  private async extended(draft: MembershipNode): Promise<Reduced | undefined> {
    if (draft.links.length === 0) {
      return undefined
    }
    const { state: before, contested } = await this.stateAt(draft.links)
    for (const { of, blocks } of draft.evidence) {
      await this.resolver.prepare(of, new Set([...(before.evidence.get(of) ?? []), ...blocks]))
    }
    this.visits++
    const state = extend(before, draft, this.resolver.resolve, (id) => this.byId.get(id))
    return state && { state, contested }
  }

  /** Who only witnesses decides conflicts, and nothing else: it changes nothing where it follows all sides of them, or where there are none. */
  private async withoutWitnesses(frontier: readonly MembershipNode[]): Promise<Reduced> {
    const rest = this.frontier(frontier.flatMap((node) => (witnesses(node) ? node.links : [node])))
    const reduced = await this.stateAt(rest)
    return frontier.length === 1 || !reduced.contested ? reduced : this.fold(this.closure(frontier))
  }

  private remember(key: string, result: Promise<Reduced>): void {
    this.states.set(key, result)
    if (this.states.size > STATE_CACHE) {
      const [oldest] = this.states.keys()
      this.states.delete(oldest ?? key)
    }
  }

  private async fold(nodes: MembershipNode[]): Promise<Reduced> {
    this.visits += nodes.length
    const evidence = new Map<Did, Set<string>>()
    for (const node of nodes) {
      for (const { of, blocks } of node.evidence) {
        const set = evidence.get(of) ?? new Set()
        evidence.set(of, set)
        for (const block of blocks) {
          set.add(block)
        }
      }
    }
    for (const [did, blocks] of evidence) {
      await this.resolver.prepare(did, blocks)
    }
    return reduce(nodes, {
      did: this.did,
      resolve: this.resolver.resolve,
      epochOf: (node) => this.epochs.get(node)
    })
  }
}

function witnesses({ acts, evidence }: MembershipNode): boolean {
  return acts.length === 0 && evidence.length === 0
}

/** The member whose device holds the key, as the author of a block at this state. */
export function authorAt(state: GroupState, key: string): Author | undefined {
  const holder = state.byKey.get(key)
  const member = holder === undefined ? undefined : state.members.get(holder.member)
  return holder === undefined || member === undefined
    ? undefined
    : { member: member.did, device: holder.device.did, key, path: member.path }
}
