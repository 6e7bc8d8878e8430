/**
 * A group in one process, as the benchmarks of groups measure it: the real chain, policy, events and signatures, in memory or in a folder, without
 * sessions. Loaded by name by `benchmarks/src/groups/process.ts`; identities stand in for the devices of those who join.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { decode, encode } from '@ipld/dag-cbor'
import { randomBytes } from '@noble/hashes/utils.js'
import { MemoryLevel } from 'memory-level'
import { brokenPositionRule, createWalytis, verifyRawBlock } from 'walytis'
import type { BlockId, ChainRecord, JudgedBlock, PolicyContext, RawBlock, SignedBlock } from 'walytis/interface'
import { deviceOf } from '../../src/device.ts'
import { didOf } from '../../src/did.ts'
import type { Consent } from '../../src/events/kinds.ts'
import { consentBytes, proofBytes, verifierOf } from '../../src/events/verify.ts'
import { GroupActs } from '../../src/group/acts.ts'
import { contextOf, GroupCore } from '../../src/group/core.ts'
import { foundGroup } from '../../src/group/found.ts'
import { recordPrefix, Seeds, seedName } from '../../src/group/seeds.ts'
import { createIdentity, type Group, loadGroup, loadIdentity, openKeyStore } from '../../src/index.ts'
import { suiteOf } from '../../src/keys/suite.ts'
import { deriveEpoch } from '../../src/members/epoch-secrets.ts'
import { invitationKeys } from '../../src/members/invite.ts'
import { seedsFor } from '../../src/members/key-delivery.ts'
import { linksOf } from '../../src/state/evidence.ts'
import { createGroupPolicy, type GroupPolicy } from '../../src/state/policy.ts'
import { type ForgedIdentity, forgeIdentity } from './forge-identity.ts'

const key = new Uint8Array(32).fill(1)
const invitation = new Uint8Array(16).fill(2)
const secret = new Uint8Array(32).fill(3)
const hex = '02'.repeat(16)

interface Prepared {
  readonly folder: string | undefined
  readonly core: GroupCore
  readonly acts: GroupActs
  readonly seeds: Seeds
  readonly joiners: readonly ForgedIdentity[]
  /** Of the joiners, in the same order: what they sign before anybody can admit them. */
  readonly consents: readonly Consent[]
}

let current: Prepared | undefined
let bystander: Bystander | undefined

function group(): Prepared {
  if (current === undefined) throw new RangeError('nothing was prepared')
  return current
}

/** Found a group and make the keys of who will join, which is not measured. With a folder the group is kept there. */
export async function prepare(members: number, folder?: string): Promise<void> {
  const storage = folder === undefined ? new MemoryLevel<string, string>() : join(folder, 'db')
  const walytis = await createWalytis({ storage, listen: [], discovery: { mdns: false } })
  const keyStore = await openKeyStore({ storage: walytis.store, key })
  const identity = await createIdentity(walytis, keyStore)
  const device = deviceOf(identity)
  if (device === undefined) throw new RangeError('no device')
  const first = deriveEpoch(randomBytes(32))
  const { parameters, evidence } = await foundGroup(identity, device, first.publicKey, {})
  const policy = createGroupPolicy(parameters, evidence)
  const chain = await walytis.create({
    signer: device.signer,
    policy,
    accessControl: { keys: () => [], authorize: async () => false } as never,
    batch: (id) => [keyStore.sealed(seedName(didOf(id), first.publicKey), first.seed)]
  })
  const components = { walytis, keyStore, now: Date.now, randomBytes }
  const core = new GroupCore({ components, chain, policy, member: identity, identity, device })
  const seeds = new Seeds(core.did, keyStore)
  await seeds.load(core.state.epochs.values())
  const acts = new GroupActs(core, seeds)
  const verifier = verifierOf(invitationKeys(secret))
  const terms = { uses: members, shared: true, role: 'admin', expires: Date.now() + 1e9 }
  await acts.invite({ kind: 'invite', invitation, verifier, ...terms }, undefined)
  const names = Array.from({ length: members - 1 }, (_, at) => `member ${at}`)
  const joiners = await Promise.all(names.map((name) => forgeIdentity(name)))
  current = { folder, core, acts, seeds, joiners, consents: joiners.map((one) => consentOf(core, one)) }
}

function consentOf(core: GroupCore, { did, keys: own }: ForgedIdentity): Consent {
  const keys = invitationKeys(secret)
  const { suite, classical, postQuantum } = keys
  const terms = { group: core.did, invitation, inviter: core.member.did, member: did, device: did, keys: own }
  return {
    device: did,
    signature: suiteOf(own).sign(own, consentBytes(terms)),
    keys: { suite, classical, postQuantum },
    proof: suiteOf(keys).sign(keys, proofBytes(terms))
  }
}

/** Admit everybody, one by one: the founder looks at what the joiner has signed, and writes. Milliseconds. */
export async function admit(): Promise<number> {
  const { acts, joiners, consents } = group()
  const began = performance.now()
  for (const [at, { did, genesis }] of joiners.entries()) {
    const consent = consents[at]
    if (consent === undefined) throw new RangeError('somebody has not agreed')
    await acts.add({ member: did, role: 'admin', invitation, hex, consent, blocks: [rawOf(genesis)] })
  }
  return performance.now() - began
}

/** How many of the others may have the keys under which is written now, and would be given them. */
export async function readers(): Promise<number> {
  const { core, seeds, joiners } = group()
  const newest = core.state.usable.slice(0, 1)
  return joiners.filter(({ did }) => seedsFor(core, seeds, did, newest).length === 1).length
}

/** Remove the last member, and take the block in at another member, who has all before it. Milliseconds. */
export async function remove(): Promise<{ act: number; process: number }> {
  const { core, acts, joiners } = group()
  const last = [...core.state.members.keys()].at(-1)
  if (last === undefined || joiners.length === 0) throw new RangeError('nobody to remove')
  bystander ??= await Bystander.after(await raws())
  const began = performance.now()
  await acts.remove(last)
  const act = performance.now() - began
  const raw = (await raws()).at(-1)
  if (raw === undefined) throw new RangeError('nothing was written')
  const taking = performance.now()
  await bystander.take(raw)
  return { act, process: performance.now() - taking }
}

/** Everything of the group, as it would come from a peer. */
async function raws(): Promise<RawBlock[]> {
  const { core } = group()
  const found: RawBlock[] = []
  for await (const { block, content } of core.chain.records()) found.push({ block: block.bytes, content })
  return found
}

/** What a later process needs to find the group in the folder. */
export async function where(): Promise<string> {
  const { core, folder } = group()
  if (folder !== undefined) await writeFile(join(folder, 'blocks'), encode(await raws()))
  return JSON.stringify({ chain: core.chain.id, identity: core.member.did })
}

/** The group as applications have it, and how another member takes a block in. For layers above. */
export async function open(): Promise<{ group: Group; take: (raw: RawBlock) => Promise<void> }> {
  const { core } = group()
  const { walytis, keyStore } = core.components
  const { did } = core.member
  const other = await Bystander.after(await raws())
  await keyStore.put(`${recordPrefix(core.did)}rendezvous`, randomBytes(32))
  await keyStore.put(`${recordPrefix(core.did)}self`, encode({ v: 1, member: did, device: did }))
  core.close()
  await core.chain.close()
  return { group: await loadGroup(walytis, keyStore, core.did), take: (raw) => other.take(raw) }
}

/** In a process of its own: read and check the group that lies in the folder; and how many members it has. */
export async function load(folder: string, place: string): Promise<{ ms: number; members: number }> {
  const { chain: id, identity } = JSON.parse(place) as { chain: string; identity: string }
  const walytis = await createWalytis({ storage: join(folder, 'db'), listen: [], discovery: { mdns: false } })
  const keyStore = await openKeyStore({ storage: walytis.store, key })
  const device = deviceOf(await loadIdentity(walytis, keyStore, identity))
  if (device === undefined) throw new RangeError('no device')
  const began = performance.now()
  const policy = createGroupPolicy(new Uint8Array())
  const accessControl = { keys: () => [], authorize: async () => false } as never
  const chain = await walytis.open(id, { signer: device.signer, accessControl, policy })
  await policy.recover(contextOf(chain))
  const seeds = new Seeds(didOf(id), keyStore)
  await seeds.load(policy.state?.epochs.values() ?? [])
  const ms = performance.now() - began
  await walytis.stop()
  return { ms, members: policy.state?.members.size ?? 0 }
}

/** In a process of its own: check a group that came from a peer and was never seen. */
export async function verify(folder: string): Promise<{ ms: number; members: number }> {
  const blocks = decode(await readFile(join(folder, 'blocks'))) as RawBlock[]
  const began = performance.now()
  const { policy } = await Bystander.after(blocks)
  return { ms: performance.now() - began, members: policy.state?.members.size ?? 0 }
}

export async function close(): Promise<void> {
  const { components, identity } = group().core
  await group().core.chain.close()
  await identity.close()
  await components.walytis.stop()
}

/** Another member's copy of the chain, without its disk: each block is checked as when it comes from a peer. */
class Bystander {
  readonly policy: GroupPolicy = createGroupPolicy(new Uint8Array())
  readonly #records = new Map<string, ChainRecord>()

  static async after(blocks: readonly RawBlock[]): Promise<Bystander> {
    const one = new Bystander()
    for (const raw of blocks) await one.take(raw)
    return one
  }

  async take(raw: RawBlock): Promise<void> {
    const verified = verifyRawBlock(raw)
    if (!verified.ok) throw new RangeError(`a block breaks the rule ${verified.rule}`)
    const { block } = verified
    const linked = linksOf(block).map((id) => this.#recordOf(id))
    const blocks = linked.map((record) => record.block)
    const prev = block.prev === null ? undefined : this.#recordOf(block.prev).block
    const broken =
      block.chain === null
        ? undefined
        : brokenPositionRule(block, block.chain, blocks.slice(0, block.parents.length), prev)
    if (broken !== undefined) throw new RangeError(`a block breaks the rule ${broken}`)
    const judgement = await this.policy.judge(block, raw.content, this.#context(linked))
    if (!judgement.accepted) throw new RangeError(`a block breaks the rule ${judgement.rule}`)
    const { annotation } = judgement
    this.#records.set(block.id.toString(), { block, content: raw.content, annotation, revoked: false })
  }

  #recordOf(id: BlockId): ChainRecord {
    const record = this.#records.get(id.toString())
    if (record === undefined) throw new RangeError('a parent is missing')
    return record
  }

  #context(linked: readonly ChainRecord[]): PolicyContext {
    const records = this.#records
    return {
      linked: linked.map(judged),
      get: async (id) => {
        const record = records.get(id.toString())
        return record === undefined ? undefined : judged(record)
      },
      // one writer, one line of blocks
      isAncestor: async (a, b) => heightOf(records.get(a.toString())) < heightOf(records.get(b.toString())),
      known: async function* (filter) {
        for (const record of records.values()) {
          const { creator, topics } = record.block
          const asked = filter?.creator === undefined || filter.creator.equals(creator)
          if (asked && (filter?.topic === undefined || topics.includes(filter.topic))) yield judged(record)
        }
      }
    }
  }
}

function judged(record: ChainRecord): JudgedBlock {
  return { ...record, content: async () => record.content }
}

function heightOf(record: { readonly block: SignedBlock } | undefined): number {
  return record?.block.height ?? 0
}

function rawOf({ block, content }: RawBlock): RawBlock {
  return { block, content }
}
