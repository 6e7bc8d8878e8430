import type { RawBlock } from 'walytis/interface'
import { isDid } from '../did.ts'
import { bound } from '../domains.ts'
import { decodeCanonical, encodeCanonical, isBytes, isMapOf, isRefused, type Refused } from '../encoding/canonical.ts'
import { groupDomains } from '../group-domains.ts'
import type { Did } from '../interface/did.ts'
import { readRawBlocks } from './kinds.ts'

/**
 * How a group begins: the policy parameters in the genesis of its chain. The genesis is signed by the founding device's classical key; the
 * signature in here is its post-quantum one. The chain's id follows from all of it.
 */
export interface GroupInception {
  readonly founder: Did
  /** The founder's device that signs: the founder itself when it is an identity. */
  readonly device: Did
  readonly history: 'shared' | 'from-join'
  readonly epoch: { readonly publicKey: Uint8Array; readonly devices: Uint8Array }
  /** The most senior member, kept offline, and the evidence of its keys. */
  readonly recovery: Recovery | null
  /** Evidence of the founder, as much as fits; the rest follows by `mirror`. */
  readonly blocks: readonly RawBlock[]
  /** The device's own blocks, where `blocks` do not yet show it to be the founder's; else empty. */
  readonly deviceBlocks: readonly RawBlock[]
}

/** An identity that outranks the founder. */
export interface Recovery {
  readonly member: Did
  /** All of its chain at the time: as a rule its genesis alone. */
  readonly blocks: readonly RawBlock[]
}

export interface SignedInception extends GroupInception {
  readonly signature: Uint8Array
}

const VERSION = 1
/** What a policy's parameters may be. */
const INCEPTION_BYTES_LIMIT = 48 * 1024
const FIELDS = [
  'v',
  'founder',
  'device',
  'history',
  'epoch',
  'recovery',
  'blocks',
  'deviceBlocks',
  'signature'
] as const

/** The bytes that the founding device signs. */
export function inceptionSigningBytes(inception: GroupInception): Uint8Array {
  return bound(groupDomains.inception, plain(inception))
}

/** The policy parameters. */
export function encodeGroupInception(inception: SignedInception): Uint8Array {
  return encodeCanonical({ ...plain(inception), signature: inception.signature })
}

/** Read the policy parameters: form only. */
export function decodeGroupInception(parameters: Uint8Array): SignedInception | Refused {
  const decoded = decodeCanonical(parameters, INCEPTION_BYTES_LIMIT)
  if (isRefused(decoded)) {
    return { rule: `inception-${decoded.rule}` }
  }
  const { value } = decoded
  if (!isMapOf(value, FIELDS) || !isMapOf(value.epoch, ['publicKey', 'devices'])) {
    return { rule: 'inception-fields' }
  }
  const { v, founder, device, history, epoch, signature } = value
  if (v !== VERSION) {
    return { rule: 'inception-version' }
  }
  if (!isDid(founder) || !isDid(device) || (history !== 'shared' && history !== 'from-join')) {
    return { rule: 'inception-fields' }
  }
  const { publicKey, devices } = epoch
  if (!isBytes(publicKey, 1216) || !isBytes(devices, 32) || !isBytes(signature)) {
    return { rule: 'inception-fields' }
  }
  const recovery = readRecovery(value.recovery)
  if (recovery !== null && isRefused(recovery)) {
    return recovery
  }
  const blocks = readRawBlocks(value.blocks)
  const deviceBlocks = readRawBlocks(value.deviceBlocks)
  if (isRefused(blocks) || isRefused(deviceBlocks)) {
    return { rule: 'evidence-form' }
  }
  return { founder, device, history, epoch: { publicKey, devices }, recovery, blocks, deviceBlocks, signature }
}

function readRecovery(value: unknown): Recovery | null | Refused {
  if (value === null) {
    return null
  }
  if (!isMapOf(value, ['member', 'blocks']) || !isDid(value.member)) {
    return { rule: 'inception-recovery' }
  }
  const blocks = readRawBlocks(value.blocks)
  return isRefused(blocks) ? blocks : { member: value.member, blocks }
}

function plain(inception: GroupInception): Record<string, unknown> {
  const { founder, device, history, epoch, recovery, blocks, deviceBlocks } = inception
  return {
    v: VERSION,
    founder,
    device,
    history,
    epoch,
    recovery: recovery === null ? null : { member: recovery.member, blocks: recovery.blocks.map(rawOf) },
    blocks: blocks.map(rawOf),
    deviceBlocks: deviceBlocks.map(rawOf)
  }
}

/** A block as evidence embeds it: these two fields and no others. */
export function rawOf({ block, content }: RawBlock): RawBlock {
  return { block, content }
}
