import * as dagCbor from '@ipld/dag-cbor'
import { CID } from 'multiformats/cid'
import { toString as toText } from 'uint8arrays/to-string'
import type { BlockId, BlockPolicy, JudgedBlock, Judgement, PolicyContext, SignedBlock } from 'walytis/interface'
import { EVENT_TOPIC } from '../constants.ts'
import { didOf } from '../did.ts'
import { isMap, isRefused, type Refused } from '../encoding/canonical.ts'
import { FRONTIER_COMPACTION, FRONTIER_LIMIT, GROUP_POLICY } from '../group-constants.ts'
import { GroupCorruptError } from '../group-errors.ts'
import { decodeGroupAnnotation, encodeGroupAnnotation } from './annotation.ts'
import { Effects, type RecoveryContext } from './effects.ts'
import { EvidenceStore } from './evidence.ts'
import { judgeEventBlock, judgeGenesis } from './judge.ts'
import { authorAt, Ledger } from './ledger.ts'
import type { Author, GroupState, MembershipNode } from './membership.ts'

/**
 * The policy of a group's chain: blocks come from current devices of current members, events keep the rules of `authorise.ts`,
 * content names an epoch that covers every removal before it, and `reduce` says what is in effect.
 *
 * It keeps the ledger of nodes in memory and fills it from the blocks' annotations when it meets one that it does not know.
 */
export interface GroupPolicy extends BlockPolicy {
  readonly evidence: EvidenceStore
  /** The state by all blocks judged so far. Undefined until the first. */
  readonly state: GroupState | undefined
  /** Fill the ledger with what a chain that was opened again holds; then `state` is that of all its blocks. */
  recover(context: RecoveryContext): Promise<void>
  /** The state at a set of blocks, given by their ids and annotations. */
  stateAt(blocks: readonly Pick<JudgedBlock, 'block' | 'annotation'>[], context: RecoveryContext): Promise<GroupState>
  /** Called when a block that was judged has changed the state; it may not be durable yet. */
  onChange: ((state: GroupState, by: BlockId) => void) | undefined
}

/**
 * @param parameters the encoded inception; it stands in the genesis
 * @param evidence may be shared by policies, so that a principal's blocks are verified once
 */
export function createGroupPolicy(parameters: Uint8Array, evidence: EvidenceStore = new EvidenceStore()): GroupPolicy {
  return new LedgerPolicy(parameters, evidence)
}

class LedgerPolicy implements GroupPolicy {
  readonly name = GROUP_POLICY
  readonly parameters: Uint8Array
  readonly evidence: EvidenceStore
  onChange: GroupPolicy['onChange']
  #ledger: Ledger | undefined
  #effects: Effects | undefined
  /** Whether all event blocks of the chain are in the ledger. */
  #recovered = false

  constructor(parameters: Uint8Array, evidence: EvidenceStore) {
    this.parameters = parameters
    this.evidence = evidence
  }

  get state(): GroupState | undefined {
    return this.#effects?.state
  }

  async judge(block: SignedBlock, content: Uint8Array | undefined, context: PolicyContext): Promise<Judgement> {
    if (content === undefined) {
      return reject('content-too-large')
    }
    if (block.chain === null) {
      return this.#judgeGenesis(block, content)
    }
    await this.#catchUp(context)
    const { ledger, effects } = this.#parts()
    const frontier = this.#frontierOf(context.linked)
    if (frontier.length > FRONTIER_LIMIT) {
      return reject('too-many-branches')
    }
    const judged = block.topics.includes(EVENT_TOPIC)
      ? await this.#judgeEvents(block, content, frontier)
      : await this.#judgeContent(block, content, frontier, context)
    if (isRefused(judged)) {
      return reject(judged.rule)
    }
    const { author, node } = judged
    if (node !== undefined) {
      ledger.enter(node)
    }
    const before = effects.state
    const changes = await effects.after({ block, author, past: frontier, node }, context, (id) =>
      this.#load(id, context)
    )
    if (effects.state !== before) {
      this.onChange?.(effects.state, block.id)
    }
    const annotation = encodeGroupAnnotation({
      nodes: frontier.map(({ id }) => id),
      node: node !== undefined,
      author: author.member,
      device: author.device
    })
    return { accepted: true, annotation, effects: changes, retain: node !== undefined }
  }

  async recover(context: RecoveryContext): Promise<void> {
    this.#recovered = false
    await this.#catchUp(context)
  }

  async stateAt(
    blocks: readonly Pick<JudgedBlock, 'block' | 'annotation'>[],
    context: RecoveryContext
  ): Promise<GroupState> {
    for (const id of blocks.flatMap(latestOf)) {
      await this.#load(id, context)
    }
    const { state } = await this.#parts().ledger.stateAt(this.#frontierOf(blocks))
    return state
  }

  async #judgeGenesis(block: SignedBlock, content: Uint8Array): Promise<Judgement> {
    const entered = await this.#enterGenesis(block, content)
    if (isRefused(entered)) {
      return reject(entered.rule)
    }
    const { member, device } = entered.author
    const annotation = encodeGroupAnnotation({ nodes: [], node: true, author: member, device })
    return { accepted: true, annotation, effects: { revoke: [], reinstate: [] }, retain: true }
  }

  async #enterGenesis(block: SignedBlock, content: Uint8Array): Promise<MembershipNode | Refused> {
    const ledger = new Ledger(didOf(block.id), this.evidence)
    const node = await judgeGenesis(block, content, ledger, this.evidence)
    if (!isRefused(node)) {
      ledger.enter(node)
      this.#ledger = ledger
      this.#effects = new Effects(ledger, (await ledger.stateAt([node])).state)
    }
    return node
  }

  async #judgeEvents(
    block: SignedBlock,
    content: Uint8Array,
    frontier: readonly MembershipNode[]
  ): Promise<{ author: Author; node: MembershipNode } | Refused> {
    const node = await judgeEventBlock(block, content, frontier, this.#parts().ledger, this.evidence)
    return isRefused(node) ? node : { author: node.author, node }
  }

  /** R2, R11, R13, R15: content comes from a current device and is sealed under an epoch that covers every removal before it. */
  async #judgeContent(
    block: SignedBlock,
    content: Uint8Array,
    frontier: readonly MembershipNode[],
    context: PolicyContext
  ): Promise<{ author: Author; node: MembershipNode | undefined } | Refused> {
    const { ledger } = this.#parts()
    const { state } = await ledger.stateAt(frontier)
    const author = authorAt(state, toText(block.creator.raw, 'hex'))
    if (author === undefined) {
      return { rule: 'not-a-device' }
    }
    if (state.devices.get(author.device)?.pending === true) {
      return { rule: 'pending-device' }
    }
    const epoch = epochNamedIn(content)
    if (epoch === undefined) {
      return { rule: 'epoch-missing' }
    }
    if (!state.epochs.has(epoch)) {
      return { rule: 'epoch-unknown' }
    }
    if (!state.usable.includes(epoch)) {
      return { rule: 'epoch-outdated' }
    }
    const node = this.#witnesses(block, frontier, context)
      ? ledger.draft({
          id: block.id.toString(),
          height: block.height,
          links: frontier,
          author,
          acts: [],
          evidence: [],
          revokes: [],
          retires: []
        })
      : undefined
    return { author, node }
  }

  /** The first block of a key after the events it follows have changed; or one where too many branches meet. */
  #witnesses(block: SignedBlock, frontier: readonly MembershipNode[], context: PolicyContext): boolean {
    const { prev } = block
    const before = prev === null ? undefined : context.linked.find((linked) => linked.block.id.equals(prev))
    if (before === undefined || frontier.length > FRONTIER_COMPACTION) {
      return true
    }
    return this.#eventsIn(frontier) !== this.#eventsIn(this.#frontierOf([before]))
  }

  /** The latest events among a frontier and its ancestors: a key of the set. */
  #eventsIn(frontier: readonly MembershipNode[]): string {
    const { ledger } = this.#parts()
    const events = new Set<MembershipNode>()
    const seen = new Set<MembershipNode>()
    const open = [...frontier]
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      if (node.acts.length > 0) {
        events.add(node)
      } else if (!seen.has(node)) {
        seen.add(node)
        open.push(...node.links)
      }
    }
    return ledger
      .frontier(events)
      .map(({ id }) => id)
      .join(' ')
  }

  /** The frontier of nodes among some blocks and their ancestors. */
  #frontierOf(blocks: readonly Pick<JudgedBlock, 'block' | 'annotation'>[]): MembershipNode[] {
    const { ledger } = this.#parts()
    return ledger.frontier(blocks.flatMap((judged) => latestOf(judged).flatMap((id) => ledger.get(id) ?? [])))
  }

  /** Fill the ledger with the nodes of a chain that this policy has not judged itself. */
  async #catchUp(context: RecoveryContext): Promise<void> {
    if (this.#effects !== undefined && !(await this.#effects.allKnown(context))) {
      // A batch that was judged never reached the disk: begin again from what did.
      this.#ledger = undefined
      this.#effects = undefined
      this.#recovered = false
    }
    if (!this.#recovered) {
      for await (const judged of context.known({ topic: EVENT_TOPIC })) {
        await this.#load(judged.block.id.toString(), context)
      }
      if (this.#ledger === undefined) {
        for await (const judged of context.known()) {
          await this.#load(judged.block.id.toString(), context)
          break
        }
      }
      await this.#effects?.refresh(context, (id) => this.#load(id, context))
      this.#recovered = true
    }
    if ('linked' in context) {
      for (const linked of (context as PolicyContext).linked) {
        for (const id of latestOf(linked)) {
          await this.#load(id, context)
        }
      }
    }
  }

  /** Enter one accepted node, and before it those among its ancestors that are missing. */
  async #load(id: string, context: RecoveryContext): Promise<void> {
    const open = [id]
    /** Those whose ancestors are being entered. */
    const under = new Set<string>()
    for (let next = open.at(-1); next !== undefined; next = open.at(-1)) {
      if (this.#ledger?.get(next) !== undefined) {
        open.pop()
        continue
      }
      const judged = await context.get(CID.parse(next))
      const annotation = judged === undefined ? undefined : decodeGroupAnnotation(judged.annotation)
      if (judged === undefined || annotation === undefined) {
        throw new GroupCorruptError(`block ${next} has no annotation of ${GROUP_POLICY}`)
      }
      const missing = annotation.nodes.filter((node) => this.#ledger?.get(node) === undefined)
      // What was accepted follows no circle, and is what it is named by. Else this would go on for ever.
      if (judged.block.id.toString() !== next || missing.some((node) => under.has(node))) {
        throw new GroupCorruptError(`block ${next} is not the one that was accepted`)
      }
      if (missing.length > 0) {
        under.add(next)
        open.push(...missing)
        continue
      }
      await this.#reenter(judged, annotation.nodes)
      open.pop()
    }
  }

  async #reenter(judged: JudgedBlock, nodes: readonly string[]): Promise<void> {
    const { block } = judged
    const content = await judged.content()
    if (block.chain === null) {
      await this.#enterGenesis(block, content)
      return
    }
    const { ledger, effects } = this.#parts()
    const frontier = ledger.frontier(nodes.flatMap((id) => ledger.get(id) ?? []))
    if (block.topics.includes(EVENT_TOPIC)) {
      const node = await judgeEventBlock(block, content, frontier, ledger, this.evidence)
      if (isRefused(node)) {
        throw new GroupCorruptError(`block ${block.id} breaks the rule ${node.rule}`)
      }
      ledger.enter(node)
    } else {
      const { state } = await ledger.stateAt(frontier)
      const author = authorAt(state, toText(block.creator.raw, 'hex'))
      if (author === undefined) {
        throw new GroupCorruptError(`block ${block.id} breaks the rule not-a-device`)
      }
      ledger.enter(
        ledger.draft({
          id: block.id.toString(),
          height: block.height,
          links: frontier,
          author,
          acts: [],
          evidence: [],
          revokes: [],
          retires: []
        })
      )
    }
    effects.noteHolders((await ledger.stateAt(frontier)).state)
  }

  #parts(): { ledger: Ledger; effects: Effects } {
    if (this.#ledger === undefined || this.#effects === undefined) {
      throw new RangeError('No block has been judged yet')
    }
    return { ledger: this.#ledger, effects: this.#effects }
  }
}

/** The nodes that stand for a block among its followers' ancestors: itself, or those it follows. */
function latestOf({ block, annotation }: Pick<JudgedBlock, 'block' | 'annotation'>): readonly string[] {
  const decoded = decodeGroupAnnotation(annotation)
  return decoded === undefined || decoded.node ? [block.id.toString()] : decoded.nodes
}

/** Content of a group's chain is a DAG-CBOR map with a CID at `epoch`; the rest is its layer's. */
function epochNamedIn(content: Uint8Array): string | undefined {
  try {
    const value: unknown = dagCbor.decode(content)
    return isMap(value) ? CID.asCID(value['epoch'])?.toString() : undefined
  } catch {
    return undefined
  }
}

function reject(rule: string): Judgement {
  return { accepted: false, rule }
}
