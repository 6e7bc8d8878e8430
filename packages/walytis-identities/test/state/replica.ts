import { publicKeyFromRaw } from '@libp2p/crypto/keys'
import { sha256 } from '@noble/hashes/sha2.js'
import { CID } from 'multiformats/cid'
import { fromString } from 'uint8arrays/from-string'
import type { BlockId, JudgedBlock, PolicyContext, SignedBlock } from 'walytis/interface'
import { encodeGroupAnnotation } from '../../src/state/annotation.ts'
import { Effects } from '../../src/state/effects.ts'
import { authorAt } from '../../src/state/ledger.ts'
import type { Author, MembershipNode } from '../../src/state/membership.ts'
import { idOf, type Line, parseLine, Script } from './script.ts'

interface Stored {
  readonly judged: { -readonly [K in keyof JudgedBlock]: JudgedBlock[K] }
  readonly line: Line
  readonly ancestors: ReadonlySet<string>
  readonly author: Author
}

/**
 * One replica of a group's chain, as far as effects need it: blocks come line by line (`whispers` is content that is no node, `says` content that
 * is one), and what each changes is applied as walytis would.
 */
export class Replica {
  readonly script: Script
  /** Rows that have been read of the chain, ever. */
  reads = 0
  readonly #effects: Effects
  readonly #stored = new Map<string, Stored>()
  readonly #names = new Map<string, string>()

  private constructor(script: Script, effects: Effects) {
    this.script = script
    this.#effects = effects
  }

  static async create(): Promise<Replica> {
    const script = await Script.named(idOf, keyOf)
    const genesis = script.get('g')
    const replica = new Replica(script, new Effects(script.ledger, await script.state()))
    const line = parseLine('g : g alice says')
    replica.#stored.set('g', {
      judged: replica.#judged('g', line, genesis.author, true, []),
      line,
      ancestors: new Set(),
      author: genesis.author
    })
    return replica
  }

  /** Resolves to false when the block is refused. */
  async deliver(text: string): Promise<boolean> {
    const line = parseLine(text)
    const { ledger } = this.script
    const parents = line.parents.flatMap((parent) => this.#stored.get(parent) ?? [])
    const past = ledger.frontier(parents.flatMap((parent) => this.#nodesOf(parent)))
    const isNode = !text.includes(' whispers')
    const { state } = await ledger.stateAt(past)
    const author = authorAt(state, keyOf(line.device))
    if (author === undefined || author.member !== line.author) {
      return false
    }
    if (isNode && !(await this.script.add({ ...line, parents: past.map(({ id }) => this.script.nameOf(id)) }))) {
      return false
    }
    const ancestors = new Set(parents.flatMap((parent) => [parent.line.name, ...parent.ancestors]))
    const judged = this.#judged(line.name, line, author, isNode, past)
    const node = isNode ? this.script.get(line.name) : undefined
    const changes = await this.#effects.after(
      { block: judged.block, author, past, node },
      this.#context(parents),
      async () => undefined
    )
    this.#stored.set(line.name, { judged, line, ancestors, author })
    for (const id of changes.revoke) {
      this.#find(id).judged.revoked = true
    }
    for (const id of changes.reinstate) {
      this.#find(id).judged.revoked = false
    }
    return true
  }

  /** Names of blocks that are not in effect. */
  revoked(): string[] {
    return [...this.#stored]
      .filter(([, { judged }]) => judged.revoked)
      .map(([name]) => name)
      .sort()
  }

  /** Content blocks, as the reference looks at them. */
  contents(): {
    name: string
    member: string
    device: string
    follows: (id: string) => boolean
    precedes: (id: string) => boolean
  }[] {
    return [...this.#stored]
      .filter(([name, { line }]) => name !== 'g' && line.acts.length === 0 && line.evidence.length === 0)
      .map(([name, { author, ancestors }]) => ({
        name,
        member: author.member,
        device: author.device,
        follows: (id) => ancestors.has(this.script.nameOf(id)),
        precedes: (id) => this.#stored.get(this.script.nameOf(id))?.ancestors.has(name) === true
      }))
  }

  #nodesOf({ line, judged }: Stored): MembershipNode[] {
    const { ledger } = this.script
    const own = ledger.get(judged.block.id.toString())
    if (own !== undefined) {
      return [own]
    }
    const parents = line.parents.flatMap((parent) => this.#stored.get(parent) ?? [])
    return ledger.frontier(parents.flatMap((parent) => this.#nodesOf(parent)))
  }

  #judged(name: string, line: Line, author: Author, node: boolean, past: readonly MembershipNode[]): Stored['judged'] {
    this.#names.set(idOf(name), name)
    const annotation = { nodes: past.map(({ id }) => id), node, author: author.member, device: author.device }
    return {
      block: {
        id: CID.parse(idOf(name)),
        chain: name === 'g' ? null : CID.parse(idOf('g')),
        creator: publicKeyFromRaw(fromString(keyOf(line.device), 'hex'))
      } as SignedBlock,
      annotation: encodeGroupAnnotation(annotation),
      revoked: false,
      content: async () => new Uint8Array()
    }
  }

  #find(id: BlockId): Stored {
    const found = this.#stored.get(this.#names.get(id.toString()) ?? '')
    if (found === undefined) {
      throw new RangeError('Effects name an unknown block')
    }
    return found
  }

  #context(linked: readonly Stored[]): PolicyContext {
    const stored = this.#stored
    const count = (): void => {
      this.reads++
    }
    return {
      linked: linked.map(({ judged }) => judged),
      get: async (id) => {
        this.reads++
        return this.#find(id).judged
      },
      isAncestor: async (a, b) => {
        this.reads++
        return this.#find(b).ancestors.has(this.#find(a).line.name)
      },
      known: async function* (filter) {
        for (const { judged } of stored.values()) {
          if (filter?.creator === undefined || filter.creator.equals(judged.block.creator)) {
            count()
            yield judged
          }
        }
      }
    }
  }
}

/** A creator key, from the device's DID. */
function keyOf(device: string): string {
  return Buffer.from(sha256(fromString(device))).toString('hex')
}
