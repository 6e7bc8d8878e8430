import { equals } from 'uint8arrays/equals'
import { fromString } from 'uint8arrays/from-string'
import { toString as toText } from 'uint8arrays/to-string'
import { decodeSettings } from 'walytis'
import type { RawBlock, SignedBlock } from 'walytis/interface'
import { isRefused, type Refused } from '../encoding/canonical.ts'
import { decodeEvents } from '../events/format.ts'
import { decodeGroupInception } from '../events/group-inception.ts'
import { type AddEvent, type GroupEvent, readGroupEvent } from '../events/kinds.ts'
import { brokenConsent, brokenEventSignature, brokenInception } from '../events/verify.ts'
import { GROUP_POLICY } from '../group-constants.ts'
import type { Did } from '../interface/did.ts'
import type { PublicKeySet } from '../keys/key-set.ts'
import { brokenRight } from './authorise.ts'
import { hashDevices } from './epochs.ts'
import { authorAt, type Ledger } from './ledger.ts'
import type { Act, Author, Evidence, GroupState, MembershipNode, PrincipalState } from './membership.ts'

/** Verifies evidence. */
export interface EvidenceAdmitter {
  admit(did: Did, raws: readonly RawBlock[], known: ReadonlySet<string>): Promise<readonly string[] | Refused>
}

/** The genesis of a group's chain, as a node that is not entered yet. */
export async function judgeGenesis(
  block: SignedBlock,
  content: Uint8Array,
  ledger: Ledger,
  evidence: EvidenceAdmitter
): Promise<MembershipNode | Refused> {
  const settings = decodeSettings(content)
  if (settings?.policy.name !== GROUP_POLICY) {
    return { rule: 'not-a-group' }
  }
  const inception = decodeGroupInception(settings.policy.parameters)
  if (isRefused(inception)) {
    return inception
  }
  const { founder, device, history } = inception
  const ofFounder = await evidence.admit(founder, inception.blocks, new Set())
  if (isRefused(ofFounder)) {
    return ofFounder
  }
  const ofDevice =
    inception.deviceBlocks.length === 0 ? [] : await evidence.admit(device, inception.deviceBlocks, new Set())
  if (isRefused(ofDevice)) {
    return ofDevice
  }
  const { recovery } = inception
  if (recovery !== null && (recovery.member === founder || recovery.member === device)) {
    return { rule: 'inception-recovery' }
  }
  const ofRecovery = recovery === null ? [] : await evidence.admit(recovery.member, recovery.blocks, new Set())
  if (isRefused(ofRecovery)) {
    return ofRecovery
  }
  const key = toText(block.creator.raw, 'hex')
  const node = ledger.draft({
    id: block.id.toString(),
    height: 0,
    links: [],
    author: { member: founder, device, key, path: [] },
    acts: [
      { kind: 'inception', founder, history, recovery: recovery?.member },
      { kind: 'epoch', publicKey: inception.epoch.publicKey, devices: inception.epoch.devices }
    ],
    evidence: evidenceOf([
      [founder, ofFounder],
      [device, ofDevice],
      ...(recovery === null ? [] : [[recovery.member, ofRecovery] as [Did, readonly string[]]])
    ]),
    revokes: [],
    retires: []
  })
  const state = await ledger.stateAfter(node)
  const holder = state.devices.get(device)
  if (holder === undefined) {
    return { rule: 'evidence-missing' }
  }
  // one key that somebody has on paper: not a group, whose devices are anywhere
  if (recovery !== null && state.principals.get(recovery.member)?.depth !== 1) {
    return { rule: 'inception-recovery' }
  }
  if (!equals(inception.epoch.devices, hashDevices(null, state.devices.keys()))) {
    return { rule: 'epoch-devices' }
  }
  return brokenInception(inception, block, holder.device.keys) ?? node
}

/**
 * A block with membership events: whether it is accepted, as a node that is not entered yet. A function of the block and its
 * ancestors.
 *
 * @param links the frontier of nodes among its ancestors
 */
export async function judgeEventBlock(
  block: SignedBlock,
  content: Uint8Array,
  links: readonly MembershipNode[],
  ledger: Ledger,
  evidence: EvidenceAdmitter
): Promise<MembershipNode | Refused> {
  const { state } = await ledger.stateAt(links)
  const envelope = decodeEvents(content)
  if (isRefused(envelope)) {
    return envelope
  }
  const events: GroupEvent[] = []
  for (const raw of envelope.events) {
    const event = readGroupEvent(raw)
    if (isRefused<GroupEvent>(event)) {
      return event
    }
    events.push(event)
  }
  const signer = await signerOf(block, events, { links, before: state, ledger, evidence })
  if (signer === undefined) {
    return { rule: 'not-a-device' }
  }
  const { author, keys } = signer
  const broken = brokenEventSignature(envelope, block, keys)
  if (broken !== undefined) {
    return broken
  }
  return carryOut(events, { block, links, author, before: state, ledger, evidence })
}

interface Setting {
  readonly block: SignedBlock
  readonly links: readonly MembershipNode[]
  readonly author: Author
  readonly before: GroupState
  readonly ledger: Ledger
  readonly evidence: EvidenceAdmitter
}

/**
 * Whose key the block bears: a current device's, by the state at its ancestors. Or that of a member's device which this very block introduces: its
 * first event mirrors the evidence for it. So a device whose keys were rotated, or that was just linked, needs nobody to speak for it.
 */
async function signerOf(
  block: SignedBlock,
  events: readonly GroupEvent[],
  { links, before, ledger, evidence }: Omit<Setting, 'block' | 'author'>
): Promise<{ author: Author; keys: PublicKeySet } | undefined> {
  const key = toText(block.creator.raw, 'hex')
  const [first] = events
  const member = first?.kind === 'mirror' ? before.members.get(first.member) : undefined
  let state = before
  if (!before.byKey.has(key) && first?.kind === 'mirror' && member !== undefined) {
    const known = before.evidence.get(first.member) ?? new Set<string>()
    const blocks = await evidence.admit(first.member, first.blocks, known)
    if (isRefused(blocks)) {
      return undefined
    }
    state = await ledger.stateAfter(
      ledger.draft({
        id: block.id.toString(),
        height: block.height,
        links,
        author: { member: member.did, device: member.did, key, path: member.path },
        acts: [],
        evidence: evidenceOf([[first.member, blocks]]),
        revokes: [],
        retires: []
      })
    )
  }
  const author = authorAt(state, key)
  const keys = state.byKey.get(key)?.device.keys
  const own = state === before || author?.member === member?.did
  return author === undefined || keys === undefined || !own ? undefined : { author, keys }
}

/** Carry out the events of one block in turn, each by the state that those before it left. */
async function carryOut(events: readonly GroupEvent[], setting: Setting): Promise<MembershipNode | Refused> {
  const { block, links, author, ledger } = setting
  const acts: Act[] = []
  const gathered: [Did, readonly string[]][] = []
  const draft = (): MembershipNode =>
    ledger.draft({
      id: block.id.toString(),
      height: block.height,
      links,
      author,
      acts: [...acts],
      evidence: evidenceOf(gathered),
      revokes: [],
      retires: []
    })
  let state = setting.before
  let node: MembershipNode | undefined
  for (const event of events) {
    if (acts.some((act) => act.kind === 'epoch')) {
      return { rule: 'epoch-not-last' }
    }
    const blocks = await admitEvidence(event, state, gathered, setting)
    if (isRefused(blocks)) {
      return blocks
    }
    if (blocks.length > 0) {
      state = await ledger.stateAfter(draft())
    }
    const act = actOf(event)
    const broken = brokenRight(state, author, act) ?? (event.kind === 'add' ? brokenTerms(event, state) : undefined)
    if (broken !== undefined) {
      return broken
    }
    acts.push(act)
    node = draft()
    state = await ledger.stateAfter(node)
    if (event.kind === 'epoch' && !equals(event.devices, hashDevices(state.did, state.devices.keys()))) {
      return { rule: 'epoch-devices' }
    }
  }
  const losses = lossesIn(setting.before, state, gathered)
  if (node !== undefined && losses.revokes.length === 0 && losses.retires.length === 0) {
    return node
  }
  const final = ledger.draft({ ...draft(), ...losses })
  await ledger.stateAfter(final)
  return final
}

/** Verify the evidence in an event against what counts so far, and gather it. */
async function admitEvidence(
  event: GroupEvent,
  state: GroupState,
  gathered: [Did, readonly string[]][],
  { evidence }: Setting
): Promise<readonly string[] | Refused> {
  if (event.kind !== 'add' && event.kind !== 'mirror') {
    return []
  }
  if (event.member === state.did) {
    return { rule: 'member-of-itself' }
  }
  const blocks = await evidence.admit(event.member, event.blocks, state.evidence.get(event.member) ?? new Set())
  if (!isRefused(blocks) && blocks.length > 0) {
    gathered.push([event.member, blocks])
  } else if (event.kind === 'mirror' && !isRefused(blocks)) {
    return { rule: 'mirror-nothing-new' }
  }
  return blocks
}

/** Whether who is added agreed to it, as one of its current devices, and held the invitation. */
function brokenTerms(event: AddEvent, state: GroupState): Refused | undefined {
  const invitation = state.invitations.get(toText(event.invitation, 'hex'))
  const device = state.principals.get(event.member)?.devices.find(({ did }) => did === event.consent.device)
  if (invitation === undefined || device === undefined) {
    return { rule: 'consent-device' }
  }
  const terms = {
    group: state.did,
    invitation: event.invitation,
    inviter: invitation.inviter,
    member: event.member,
    device: device.did,
    keys: device.keys
  }
  return brokenConsent(event.consent, terms, fromString(invitation.verifier, 'hex'))
}

function actOf(event: GroupEvent): Act {
  switch (event.kind) {
    case 'invite': {
      const { kind, uses, shared, role, expires, link } = event
      const hex = { invitation: toText(event.invitation, 'hex'), verifier: toText(event.verifier, 'hex') }
      return { kind, uses, shared, role, expires, link, ...hex }
    }
    case 'revoke-invite':
      return { kind: event.kind, invitation: toText(event.invitation, 'hex') }
    case 'add':
      return {
        kind: event.kind,
        member: event.member,
        role: event.role,
        invitation: toText(event.invitation, 'hex')
      }
    case 'epoch':
      return { kind: event.kind, publicKey: event.publicKey, devices: event.devices }
    case 'mirror':
      return { kind: event.kind, member: event.member }
    default:
      return event
  }
}

function evidenceOf(gathered: readonly [Did, readonly string[]][]): Evidence[] {
  return gathered.filter(([, blocks]) => blocks.length > 0).map(([of, blocks]) => ({ of, blocks }))
}

/** What the block's evidence takes away: devices removed and keys replaced since its ancestors. */
function lossesIn(
  before: GroupState,
  after: GroupState,
  gathered: readonly [Did, readonly string[]][]
): Pick<MembershipNode, 'revokes' | 'retires'> {
  const dids = [...new Set(gathered.map(([did]) => did))]
  const pairs = dids.map((did) => [before.principals.get(did), after.principals.get(did)] as const)
  return {
    revokes: pairs.flatMap(([old, now]) => newRemovals(old, now)),
    retires: pairs.flatMap(([old, now]) => {
      const known = new Set(old?.devices.flatMap(({ retired }) => retired))
      return (now?.devices ?? []).flatMap(({ retired }) => retired.filter((key) => !known.has(key)))
    })
  }
}

function newRemovals(old: PrincipalState | undefined, now: PrincipalState | undefined): MembershipNode['revokes'] {
  return [...(now?.removals ?? [])].flatMap(([device, ids]) => {
    const by = [...ids].filter((id) => old?.removals.get(device)?.has(id) !== true).sort()
    return by.length > 0 ? [{ device, by }] : []
  })
}
