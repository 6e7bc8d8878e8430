import { sha256 } from '@noble/hashes/sha2.js'
import { CID } from 'multiformats/cid'
import * as Digest from 'multiformats/hashes/digest'
import { fromString } from 'uint8arrays/from-string'
import { encodeCanonical } from '../../src/encoding/canonical.ts'
import type { Did } from '../../src/interface/did.ts'
import type { Role } from '../../src/interface/group.ts'
import type { PublicKeySet } from '../../src/keys/key-set.ts'
import { brokenRight } from '../../src/state/authorise.ts'
import { authorAt, type EvidenceResolver, Ledger } from '../../src/state/ledger.ts'
import type { Act, Evidence, GroupState, MembershipNode, PrincipalState } from '../../src/state/membership.ts'

/**
 * Membership graphs from scripts. One line is one block:
 *
 *     name : parents   author  act ; act
 *
 * `author` is a member (its only device acts) or `member/device`. Acts: `invite i uses [shared] [admin]`, `revoke i`, `add who i`, `remove
 * who`, `leave`, `role who admin|member`, `epoch`, `mirror who +device -device`, `says` (content: only a witness). A line whose name ends in
 * `!` must be refused. The first block, `g`, is alice's. A line `recovery who` gives the group a recovery member.
 */
export class Script {
  readonly ledger: Ledger
  readonly resolve: EvidenceResolver['resolve']
  readonly #nodes = new Map<string, MembershipNode>()
  readonly refused = new Map<string, string>()

  readonly #names = new Map<string, string>()
  readonly #idOf: (name: string) => string
  readonly #keyOf: (device: Did) => string

  private constructor(idOf: (name: string) => string, keyOf: (device: Did) => string) {
    this.#idOf = idOf
    this.#keyOf = keyOf
    const resolver = resolverFor(keyOf)
    this.ledger = new Ledger(did('group'), resolver)
    this.resolve = resolver.resolve
  }

  /** With ids and keys of another kind than plain names. */
  static async named(
    idOf: (name: string) => string,
    keyOf: (device: Did) => string,
    recovery?: string
  ): Promise<Script> {
    const script = new Script(idOf, keyOf)
    await script.#found(recovery)
    return script
  }

  nameOf(id: string): string {
    return this.#names.get(id) ?? id
  }

  static async run(text: string): Promise<Script> {
    const [, recovery] = /^\s*recovery (\w+)$/m.exec(text) ?? []
    const script = await Script.named(
      (name) => name,
      (device) => device,
      recovery
    )
    for (const line of text.split('\n').map((one) => one.trim())) {
      if (line.length > 0 && !line.startsWith('recovery ')) {
        await script.add(parseLine(line))
      }
    }
    return script
  }

  static empty(): Promise<Script> {
    return Script.run('')
  }

  get(name: string): MembershipNode {
    const node = this.#nodes.get(name)
    if (node === undefined) {
      throw new RangeError(`No block ${name}: ${this.refused.get(name)}`)
    }
    return node
  }

  names(): string[] {
    return [...this.#nodes.keys()]
  }

  /** The state at some blocks; without any, at all. */
  async state(...names: string[]): Promise<GroupState> {
    const nodes = names.length > 0 ? names.map((name) => this.get(name)) : this.ledger.nodes()
    return (await this.ledger.stateAt(this.ledger.frontier(nodes))).state
  }

  async members(...names: string[]): Promise<string> {
    return [...(await this.state(...names)).members.values()].map((one) => shortName(one.did)).join(' ')
  }

  async fallen(...names: string[]): Promise<string> {
    return [...(await this.state(...names)).fallen].sort().join(' ')
  }

  async #found(recovery?: string): Promise<void> {
    const alice = did('alice')
    const senior = recovery === undefined ? undefined : did(recovery)
    const node = this.ledger.draft({
      id: this.#idOf('g'),
      height: 0,
      links: [],
      author: { member: alice, device: alice, key: this.#keyOf(alice), path: [] },
      acts: [{ kind: 'inception', founder: alice, history: 'from-join', recovery: senior }, EPOCH],
      evidence: [
        { of: alice, blocks: [`alice+alice`] },
        ...(senior === undefined ? [] : [{ of: senior, blocks: [`${recovery}+${recovery}`] }])
      ],
      revokes: [],
      retires: []
    })
    await this.ledger.stateAfter(node)
    this.ledger.enter(node)
    this.#nodes.set('g', node)
    this.#names.set(node.id, 'g')
  }

  /** Enter a block, if it is accepted. Resolves to whether it was. */
  async add({ name, parents, author, device, acts, evidence }: Line): Promise<boolean> {
    const links = this.ledger.frontier(parents.map((parent) => this.get(parent)))
    const { state } = await this.ledger.stateAt(links)
    const found = authorAt(state, this.#keyOf(device))
    const broken = found === undefined || found.member !== author ? { rule: 'not-a-device' } : undefined
    if (broken !== undefined || found === undefined) {
      this.refused.set(name, broken?.rule ?? '')
      return false
    }
    const draft = (done: readonly Act[]): MembershipNode =>
      this.ledger.draft({
        id: this.#idOf(name),
        height: 1 + Math.max(...links.map((link) => link.height)),
        links,
        author: found,
        acts: done,
        evidence,
        revokes: [],
        retires: []
      })
    let running = evidence.length > 0 ? await this.ledger.stateAfter(draft([])) : state
    const done: Act[] = []
    let last: MembershipNode | undefined
    for (const act of acts) {
      const rule = brokenRight(running, found, act)
      if (rule !== undefined) {
        this.refused.set(name, rule.rule)
        return false
      }
      done.push(act)
      last = draft([...done])
      running = await this.ledger.stateAfter(last)
    }
    const revokes = evidence.flatMap(({ of }) =>
      [...(running.principals.get(of)?.removals ?? [])].flatMap(([gone, ids]) => {
        const by = [...ids].filter((id) => state.principals.get(of)?.removals.get(gone)?.has(id) !== true)
        return by.length > 0 ? [{ device: gone, by }] : []
      })
    )
    const node = last !== undefined && revokes.length === 0 ? last : this.ledger.draft({ ...draft(done), revokes })
    if (node !== last) {
      await this.ledger.stateAfter(node)
    }
    this.ledger.enter(node)
    this.#nodes.set(name, node)
    this.#names.set(node.id, name)
    return true
  }
}

export interface Line {
  readonly name: string
  readonly parents: readonly string[]
  readonly author: Did
  readonly device: Did
  readonly acts: readonly Act[]
  readonly evidence: readonly Evidence[]
}

/** Devices of one key each; evidence is text: `user+device`, `user-device`. Removing counts over adding. */
const resolverFor = (keyOf: (device: Did) => string): EvidenceResolver => ({
  prepare: async () => undefined,
  resolve: (principal, blocks): PrincipalState => {
    const removals = new Map<Did, Set<string>>()
    for (const block of blocks) {
      const [, device] = block.split('-')
      if (device !== undefined) {
        removals.set(did(device), new Set([block]))
      }
    }
    const devices = [...blocks].sort().flatMap((block) => {
      const [, device] = block.split('+')
      return device === undefined || removals.has(did(device)) ? [] : [deviceState(did(device), keyOf)]
    })
    return { did: principal, depth: 1, devices, removals }
  }
})

const KEYS: PublicKeySet = {
  suite: 1,
  classical: new Uint8Array(32),
  postQuantum: new Uint8Array(1952),
  kem: new Uint8Array(1216)
}

function deviceState(device: Did, keyOf: (device: Did) => string): PrincipalState['devices'][number] {
  return { did: device, key: keyOf(device), keys: KEYS, keyEvent: '', retired: [] }
}

const dids = new Map<string, Did>()
const people = new Map<string, string>()
const ids = new Map<string, string>()

/** The DID of somebody in a script: of a chain whose id is the hash of the name. */
export function did(name: string): Did {
  const known = dids.get(name)
  const result: Did = known ?? `did:walytis:${idOf(name)}`
  if (known === undefined) {
    dids.set(name, result)
    people.set(result, name)
  }
  return result
}

function shortName(of: string): string {
  return people.get(of) ?? of
}

/** The CID of a block, or of a chain, from its name. */
export function idOf(name: string): string {
  const id = ids.get(name) ?? CID.createV1(0x71, Digest.create(0x12, sha256(fromString(name)))).toString()
  ids.set(name, id)
  return id
}

const EPOCH: Act = { kind: 'epoch', publicKey: new Uint8Array(1216), devices: new Uint8Array(32) }

export function parseLine(line: string): Line {
  const [head = '', rest = ''] = line.split(/\s*:\s*/)
  const [links = '', who = '', ...words] = rest.split(/\s+/)
  const [author = '', device = author] = who.split('/')
  const parts = words.join(' ').split(/\s*;\s*/)
  return {
    name: head.trim(),
    parents: links.split(','),
    author: did(author),
    device: did(device),
    acts: parts.flatMap(parseAct),
    evidence: parts.flatMap(parseEvidence)
  }
}

function parseAct(text: string): Act[] {
  const [kind, first = '', second = '', ...more] = text.split(' ')
  const role: Role = [second, ...more].includes('admin') ? 'admin' : 'member'
  switch (kind) {
    case 'invite':
      return [
        {
          kind,
          invitation: first,
          uses: Number(second),
          shared: more.includes('shared'),
          role,
          expires: 0,
          link: false,
          verifier: ''
        }
      ]
    case 'revoke':
      return [{ kind: 'revoke-invite', invitation: first }]
    case 'add':
      return [{ kind, member: did(first), invitation: second, role }]
    case 'remove':
      return [{ kind, member: did(first) }]
    case 'leave':
      return [{ kind }]
    case 'role':
      return [{ kind, member: did(first), role }]
    case 'epoch':
      return [EPOCH]
    case 'mirror':
      return [{ kind, member: did(first) }]
    case 'says':
    case 'whispers':
      return []
    default:
      throw new RangeError(`Unknown act: ${text}`)
  }
}

function parseEvidence(text: string): Evidence[] {
  const [kind, who = '', ...changes] = text.split(' ')
  if (kind === 'add') {
    return [{ of: did(who), blocks: [`${who}+${who}`] }]
  }
  return kind === 'mirror' ? [{ of: did(who), blocks: changes.map((change) => `${who}${change}`) }] : []
}

/** One hash of all that a state says, without what is local. */
export function hashState(state: GroupState): string {
  const value = {
    members: [...state.members.values()].map(({ did, role, path, devices }) => ({
      did,
      role,
      path: path.map(({ height, id }) => ({ height, id })),
      devices: devices.map((device) => device.did)
    })),
    byKey: [...state.byKey].map(([key, { device, member }]) => [key, device.did, member]).sort(),
    invitations: [...state.invitations.values()].map((one) => ({ ...one })).sort((a, b) => (a.id < b.id ? -1 : 1)),
    epochs: [...state.epochs.values()]
      .map(({ id, members, covers }) => ({ id, members: [...members].sort(), covers: [...covers].sort() }))
      .sort((a, b) => (a.id < b.id ? -1 : 1)),
    usable: [...state.usable],
    exclusions: [...state.exclusions].sort(),
    fallen: [...state.fallen].sort(),
    removals: [...state.removals]
      .map(([device, ids]) => [device, [...ids].sort()])
      .sort(([a], [b]) => ((a ?? '') < (b ?? '') ? -1 : 1)),
    critical: [...state.critical]
  }
  return Buffer.from(sha256(encodeCanonical(value))).toString('hex')
}
