import { CID } from 'multiformats/cid'
import { equals } from 'uint8arrays/equals'
import { compareOrder, decodeSettings } from 'walytis'
import type { BlockId, BlockPolicy, JudgedBlock, Judgement, PolicyContext, SignedBlock } from 'walytis/interface'
import { EVENT_TOPIC, IDENTITY_POLICY } from '../constants.ts'
import { isRefused, type Refused } from '../encoding/canonical.ts'
import { decodeEvents, type EventEnvelope, verifyEvents } from '../events/format.ts'
import type { PublicKeySet } from '../keys/key-set.ts'
import { suiteOf } from '../keys/suite.ts'
import { annotationOf, encodeAnnotation, textOf } from './annotation.ts'
import { type IdentityEvent, readIdentityEvent } from './events.ts'
import { decodeInception } from './inception.ts'
import { type IdentityEntry, resolveIdentity } from './resolve.ts'

/**
 * The policy of an identity's chain: only events, and each signed by both parts of the keys that its ancestors put in force. A retired
 * key is refused once its rotation is an ancestor; what it wrote beside the rotation falls (`resolve.ts`).
 *
 * @param parameters the encoded inception; it stands in the genesis and certifies the first keys
 */
export function identityPolicy(parameters: Uint8Array): BlockPolicy {
  return { name: IDENTITY_POLICY, parameters, judge }
}

async function judge(block: SignedBlock, content: Uint8Array | undefined, context: PolicyContext): Promise<Judgement> {
  if (content === undefined) {
    return reject('content-missing')
  }
  if (block.chain === null) {
    const keys = genesisKeys(block, content)
    return isRefused(keys)
      ? reject(keys.rule)
      : accept(textOf(block.id), textOf(block.id), { revoke: [], reinstate: [] })
  }
  if (block.topics.length !== 1 || block.topics[0] !== EVENT_TOPIC) {
    return reject('not-an-event')
  }
  const envelope = decodeEvents(content)
  if (isRefused(envelope)) {
    return reject(envelope.rule)
  }
  const key = await keyInForce(context)
  if (isRefused(key)) {
    return reject(key.rule)
  }
  const keys = await keysOf(key.id, context)
  if (isRefused(keys)) {
    return reject(keys.rule)
  }
  const events = checkEvents(block, envelope, keys)
  if (isRefused(events)) {
    return reject(events.rule)
  }
  const rotates = events.some(({ kind }) => kind === 'rotate')
  const effects = await effectsOf(block, { signedUnder: key.id, rotates }, context)
  return accept(key.id, rotates ? textOf(block.id) : key.id, effects)
}

/** What geneses were found to say: four checks of keys and signatures each, and asked again by whoever folds the chain. */
const geneses = new WeakMap<SignedBlock, PublicKeySet | Refused>()

/** The first keys: those of the inception, which the genesis must be signed with. The block commits to its content. */
function genesisKeys(block: SignedBlock, content: Uint8Array): PublicKeySet | Refused {
  const known = geneses.get(block)
  if (known !== undefined) {
    return known
  }
  const keys = keysInGenesis(block, content)
  geneses.set(block, keys)
  return keys
}

function keysInGenesis(block: SignedBlock, content: Uint8Array): PublicKeySet | Refused {
  const settings = decodeSettings(content)
  if (settings?.policy.name !== IDENTITY_POLICY) {
    return { rule: 'not-an-identity' }
  }
  const inception = decodeInception(settings.policy.parameters)
  if (isRefused(inception)) {
    return inception
  }
  return equals(inception.keys.classical, block.creator.raw) ? inception.keys : { rule: 'foreign-genesis' }
}

/** Read all events of a block that must be signed with these keys; unknown kinds are left out. */
function checkEvents(
  block: SignedBlock,
  envelope: EventEnvelope,
  keys: PublicKeySet
): readonly IdentityEvent[] | Refused {
  const suite = suiteOf(keys)
  if (!equals(keys.classical, block.creator.raw)) {
    return { rule: 'not-the-key-in-force' }
  }
  if (!verifyEvents(envelope, block, (bytes, signature) => suite.verifyEvent(keys, bytes, signature))) {
    return { rule: 'event-signature' }
  }
  const known: IdentityEvent[] = []
  for (const raw of envelope.events) {
    const event = readIdentityEvent(raw, block)
    if (event === undefined) {
      continue
    }
    if (isRefused(event)) {
      return event
    }
    known.push(event)
  }
  const rotations = known.filter((event) => event.kind === 'rotate')
  if (rotations.length > 1) {
    return { rule: 'two-rotations' }
  }
  return rotations.some((event) => isWeakerOrReused(event.keys, keys)) ? { rule: 'rotate-keys' } : known
}

/** A rotation replaces every part, by a suite that is no weaker. */
function isWeakerOrReused(next: PublicKeySet, current: PublicKeySet): boolean {
  return (
    suiteOf(next).strength < suiteOf(current).strength ||
    equals(next.classical, current.classical) ||
    equals(next.postQuantum, current.postQuantum) ||
    equals(next.kem, current.kem)
  )
}

/** The key event in force after all that the block follows: the latest, of which the others must be forerunners. */
async function keyInForce(context: PolicyContext): Promise<{ readonly id: string } | Refused> {
  let best: { id: string; lineage: string[] } | undefined
  for (const linked of context.linked) {
    const annotation = annotationOf(linked)
    if (annotation === undefined) {
      return { rule: 'foreign-annotation' }
    }
    if (best?.lineage.includes(annotation.key)) {
      continue
    }
    const lineage = await lineageOf(annotation.key, context)
    if (best !== undefined && !lineage.includes(best.id)) {
      return { rule: 'forked-keys' }
    }
    best = { id: annotation.key, lineage }
  }
  return best === undefined ? { rule: 'no-parents' } : { id: best.id }
}

/** Key events from this one back to the genesis. */
async function lineageOf(key: string, context: PolicyContext): Promise<string[]> {
  const lineage = [key]
  for (;;) {
    const last = lineage.at(-1)
    const judged = last === undefined ? undefined : await context.get(CID.parse(last))
    const signedUnder = judged === undefined ? undefined : annotationOf(judged)?.signedUnder
    if (signedUnder === undefined || signedUnder === last) {
      return lineage
    }
    lineage.push(signedUnder)
  }
}

async function keysOf(key: string, context: PolicyContext): Promise<PublicKeySet | Refused> {
  const judged = await context.get(CID.parse(key))
  return judged === undefined ? { rule: 'unknown-key-event' } : readKeys(judged.block, await judged.content())
}

/** The keys that an accepted key event brings in. */
export function readKeys(block: SignedBlock, content: Uint8Array): PublicKeySet | Refused {
  if (block.chain === null) {
    return genesisKeys(block, content)
  }
  const envelope = decodeEvents(content)
  if (isRefused(envelope)) {
    return envelope
  }
  for (const raw of envelope.events) {
    const event = raw.kind === 'rotate' ? readIdentityEvent(raw, block) : undefined
    if (event !== undefined && (isRefused(event) || event.kind === 'rotate')) {
      return isRefused(event) ? event : event.keys
    }
  }
  return { rule: 'not-a-key-event' }
}

async function effectsOf(
  block: SignedBlock,
  { signedUnder, rotates }: { signedUnder: string; rotates: boolean },
  context: PolicyContext
): Promise<{ revoke: BlockId[]; reinstate: BlockId[] }> {
  const known = new Map<string, { id: BlockId; height: number; revoked: boolean; entry: IdentityEntry }>()
  for await (const judged of context.known()) {
    const item = { id: judged.block.id, height: judged.block.height, revoked: judged.revoked, entry: entryOf(judged) }
    known.set(item.entry.id, item)
  }
  const id = textOf(block.id)
  const entry = { id, height: block.height, signedUnder, rotates }
  known.set(id, { id: block.id, height: block.height, revoked: false, entry })
  const entries = [...known.values()].sort(compareOrder).map((item) => item.entry)
  const { inEffect } = await resolveIdentity(entries, (a, b) =>
    b === id ? precedes(a, block, context) : context.isAncestor(CID.parse(a), CID.parse(b))
  )
  const changed = [...known.values()].filter(({ entry: { id }, revoked }) => revoked === inEffect.has(id))
  return {
    revoke: changed.filter(({ revoked }) => !revoked).map((item) => item.id),
    reinstate: changed.filter(({ revoked }) => revoked).map((item) => item.id)
  }
}

/** Whether `a` is an ancestor of the block being judged, which the store does not know yet. */
async function precedes(a: string, block: SignedBlock, context: PolicyContext): Promise<boolean> {
  const links = block.prev === null ? block.parents : [...block.parents, block.prev]
  for (const link of links) {
    if (textOf(link) === a || (await context.isAncestor(CID.parse(a), link))) {
      return true
    }
  }
  return false
}

/** A judged block as `resolveIdentity` looks at it. */
export function entryOf(judged: Pick<JudgedBlock, 'block' | 'annotation'>): IdentityEntry {
  const id = textOf(judged.block.id)
  const annotation = annotationOf(judged)
  const signedUnder = annotation?.signedUnder ?? ''
  return { id, height: judged.block.height, signedUnder, rotates: annotation?.key === id && signedUnder !== id }
}

function accept(signedUnder: string, key: string, effects: { revoke: BlockId[]; reinstate: BlockId[] }): Judgement {
  return { accepted: true, annotation: encodeAnnotation({ signedUnder, key }), effects, retain: true }
}

function reject(rule: string): Judgement {
  return { accepted: false, rule }
}
