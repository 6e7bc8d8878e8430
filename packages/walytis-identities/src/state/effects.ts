import { publicKeyFromRaw } from '@libp2p/crypto/keys'
import { CID } from 'multiformats/cid'
import { fromString } from 'uint8arrays/from-string'
import type { BlockId, JudgedBlock, PolicyContext, SignedBlock } from 'walytis/interface'
import type { Did } from '../interface/did.ts'
import { type ActIndex, RunningIndex } from './acts.ts'
import { decodeGroupAnnotation } from './annotation.ts'
import type { Bits } from './bits.ts'
import type { Ledger } from './ledger.ts'
import type { Author, GroupState, MembershipNode, PrincipalState } from './membership.ts'
import { membership, type VerdictOf } from './standing.ts'

/** What recovering reads: a `PolicyContext`, or the chain itself. */
export type RecoveryContext = Pick<PolicyContext, 'get' | 'known'>

/** A block that was just accepted. */
export interface Arrival {
  readonly block: SignedBlock
  readonly author: Author
  /** The frontier of nodes among its ancestors. */
  readonly past: readonly MembershipNode[]
  /** The block as a node, when it is one; entered already. */
  readonly node: MembershipNode | undefined
}

/** Enters a stored node and its ancestors into the ledger. */
export type LoadNode = (id: string) => Promise<void>

export interface Changes {
  readonly revoke: BlockId[]
  readonly reinstate: BlockId[]
}

/**
 * Which blocks are in effect, over all that is known of a chain. Acts: as `reduce` weighs them. Content: while its author is a member
 * by what is in effect among its ancestors, and it is an ancestor of every removal of its author or its device in effect.
 */
export class Effects {
  state: GroupState
  readonly #ledger: Ledger
  #frontier: readonly MembershipNode[]
  readonly #running = new RunningIndex()
  /** Every key that ever was a current device's, and for whom. */
  readonly #holders = new Map<string, { member: Did; device: Did }>()
  #noted: GroupState['byKey'] | undefined
  /** Whether the ledger holds blocks that only witness and that no event or later block led to. */
  #witnessesLoaded = true

  constructor(ledger: Ledger, state: GroupState) {
    this.#ledger = ledger
    this.state = state
    this.#frontier = ledger.heads()
    this.#running.update(ledger.nodes())
    this.noteHolders(state)
  }

  get #index(): ActIndex {
    return this.#running.current
  }

  noteHolders(state: GroupState): void {
    if (state.byKey === this.#noted) {
      return
    }
    this.#noted = state.byKey
    for (const [key, { member, device }] of state.byKey) {
      this.#holders.set(key, { member, device: device.did })
    }
  }

  /** Whether all latest nodes are stored. */
  async allKnown(context: RecoveryContext): Promise<boolean> {
    for (const node of this.#frontier) {
      if ((await context.get(CID.parse(node.id))) === undefined) {
        return false
      }
    }
    return true
  }

  /** Take in nodes that were entered by recovery. The chain already says which blocks are in effect. */
  async refresh(context: RecoveryContext, load: LoadNode): Promise<void> {
    this.#witnessesLoaded = false
    await this.#recompute(context, load)
  }

  /** What an accepted block changes. */
  async after(arrival: Arrival, context: PolicyContext, load: LoadNode): Promise<Changes> {
    const { block, node } = arrival
    const id = block.id.toString()
    const revoke: BlockId[] = []
    const reinstate: BlockId[] = []
    if (node !== undefined) {
      const before = this.state
      await this.#recompute(context, load)
      this.noteHolders(this.state)
      const changed = this.#changedActs(before, id)
      revoke.push(...changed.revoke)
      reinstate.push(...changed.reinstate)
      const members = this.#affected(before, node)
      for (const judged of await this.#contentOf(members, context)) {
        const inEffect = await this.#standsStored(judged, arrival, context)
        if (inEffect === judged.revoked) {
          ;(inEffect ? reinstate : revoke).push(judged.block.id)
        }
      }
    }
    const fallen =
      (node?.acts.length ?? 0) > 0 ? this.state.fallen.has(id) : !(await this.#stands(arrival, async () => false))
    if (fallen) {
      revoke.push(block.id)
    }
    return { revoke, reinstate }
  }

  async #recompute(context: RecoveryContext, load: LoadNode): Promise<void> {
    this.#frontier = this.#ledger.heads()
    let reduced = await this.#ledger.stateAt(this.#frontier)
    if (reduced.contested && !this.#witnessesLoaded) {
      for await (const judged of context.known()) {
        if (decodeGroupAnnotation(judged.annotation)?.node === true) {
          await load(judged.block.id.toString())
        }
      }
      this.#witnessesLoaded = true
      this.#frontier = this.#ledger.heads()
      reduced = await this.#ledger.stateAt(this.#frontier)
    }
    this.state = reduced.state
    this.#running.update(this.#ledger.nodes())
  }

  /** Earlier acts that have fallen, or stand again. */
  #changedActs(before: GroupState, except: string): Changes {
    const now = this.state.fallen
    if (now === before.fallen) {
      return { revoke: [], reinstate: [] }
    }
    return {
      revoke: [...now].filter((id) => id !== except && !before.fallen.has(id)).map((id) => CID.parse(id)),
      reinstate: [...before.fallen].filter((id) => !now.has(id)).map((id) => CID.parse(id))
    }
  }

  /** Members of whom another set of admissions, removals or revocations may be in effect than before, by this node. */
  #affected(before: GroupState, node: MembershipNode): Set<Did> {
    const { fallen, principals } = this.state
    const affected = new Set<Did>(membersIn(node))
    if (fallen !== before.fallen) {
      for (const id of new Set([...fallen, ...before.fallen])) {
        const changed = fallen.has(id) === before.fallen.has(id) ? undefined : this.#ledger.get(id)
        for (const member of changed === undefined ? [] : membersIn(changed)) {
          affected.add(member)
        }
      }
    }
    if (principals !== before.principals || node.revokes.length > 0) {
      for (const [did, { removals }] of principals) {
        const old = before.principals.get(did)?.removals
        const revoked = node.revokes.some(({ device }) => removals.has(device))
        if (revoked || (old !== removals && !sameRemovals(old, removals))) {
          affected.add(did)
        }
      }
    }
    return affected
  }

  async #contentOf(members: ReadonlySet<Did>, context: PolicyContext): Promise<JudgedBlock[]> {
    const blocks: JudgedBlock[] = []
    for (const [key, holder] of this.#holders) {
      if (members.has(holder.member)) {
        for await (const judged of context.known({ creator: publicKeyFromRaw(fromString(key, 'hex')) })) {
          const node = this.#ledger.get(judged.block.id.toString())
          if (judged.block.chain !== null && (node === undefined || node.acts.length === 0)) {
            blocks.push(judged)
          }
        }
      }
    }
    return blocks
  }

  /** Whether a stored block of content is in effect now. */
  async #standsStored(judged: JudgedBlock, arrival: Arrival, context: PolicyContext): Promise<boolean> {
    const annotation = decodeGroupAnnotation(judged.annotation)
    if (annotation === undefined) {
      return false
    }
    const past = annotation.nodes.flatMap((id) => this.#ledger.get(id) ?? [])
    const { id } = judged.block
    const author = { member: annotation.author, device: annotation.device }
    return this.#stands({ author, past }, async (removal) => {
      if (removal.id !== arrival.block.id.toString()) {
        return context.isAncestor(id, CID.parse(removal.id))
      }
      // The block being judged is not known yet: look through what it links to.
      for (const linked of context.linked) {
        if (linked.block.id.equals(id) || (await context.isAncestor(id, linked.block.id))) {
          return true
        }
      }
      return false
    })
  }

  /** @param precedes whether the block is an ancestor of that node, which is not among its own */
  async #stands(
    { author, past }: { author: Pick<Author, 'member' | 'device'>; past: readonly MembershipNode[] },
    precedes: (node: MembershipNode) => Promise<boolean>
  ): Promise<boolean> {
    const scope = scopeOf(past)
    if (membership(this.#index, author.member, scope, this.#verdict) !== 'in') {
      return false
    }
    for (const node of this.#removalsOf(author)) {
      if (!scope.has(node.index) && !(await precedes(node))) {
        return false
      }
    }
    return true
  }

  /** Nodes in effect that took the member or the device out. */
  #removalsOf({ member, device }: Pick<Author, 'member' | 'device'>): MembershipNode[] {
    const removals = (this.#index.removals.get(member) ?? []).filter((node) => this.#verdict(node) === 'in')
    const revocations = (this.#index.revokers.get(device) ?? []).filter((node) =>
      node.revokes.some((one) => one.device === device && holds(this.state, member, one))
    )
    return [...removals, ...revocations]
  }

  readonly #verdict: VerdictOf = (node) => (node.acts.length === 0 || this.state.fallen.has(node.id) ? 'out' : 'in')
}

function scopeOf(frontier: readonly MembershipNode[]): Bits {
  const [first, ...rest] = frontier.map((node) => node.past.with(node.index))
  if (first === undefined) {
    throw new RangeError('Every block but the genesis follows a node')
  }
  return rest.reduce((all, bits) => all.union(bits), first)
}

function holds(state: GroupState, member: Did, { device, by }: { device: Did; by: readonly string[] }): boolean {
  const removals = state.principals.get(member)?.removals.get(device)
  return by.some((id) => removals?.has(id) === true)
}

/** Whom a node admits or takes out. */
function membersIn(node: MembershipNode): Did[] {
  return node.acts.flatMap((act) => {
    switch (act.kind) {
      case 'inception':
        return [act.founder]
      case 'add':
      case 'remove':
        return [act.member]
      case 'leave':
        return [node.author.member]
      default:
        return []
    }
  })
}

function sameRemovals(a: PrincipalState['removals'] | undefined, b: PrincipalState['removals']): boolean {
  const same = ([device, ids]: [Did, ReadonlySet<string>]): boolean => {
    const others = a?.get(device)
    return others?.size === ids.size && [...ids].every((id) => others.has(id))
  }
  return (a?.size ?? 0) === b.size && [...b].every(same)
}
