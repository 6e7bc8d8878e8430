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
  /** Public recovery keys, reserved for the most senior member. */
  readonly recovery: Uint8Array | null
  /** Evidence of the founder, as much as fits; the rest follows by `mirror`. */
  readonly blocks: readonly RawBlock[]
  /** The device's own blocks, where `blocks` do not yet show it to be the founder's; else empty. */
  readonly deviceBlocks: readonly RawBlock[]
}

export interface SignedInception extends GroupInception {
  readonly signature: Uint8Array
}

const VERSION = 1
/** What a policy's parameters may be. */
const INCEPTION_BYTES_LIMIT = 48 * 1024
const RECOVERY_LIMIT = 8 * 1024
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
  const { v, founder, device, history, epoch, recovery, signature } = value
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
  if (recovery !== null && (!isBytes(recovery) || recovery.length > RECOVERY_LIMIT)) {
    return { rule: 'inception-recovery' }
  }
  const blocks = readRawBlocks(value.blocks)
  const deviceBlocks = readRawBlocks(value.deviceBlocks)
  if (isRefused(blocks) || isRefused(deviceBlocks)) {
    return { rule: 'evidence-form' }
  }
  return { founder, device, history, epoch: { publicKey, devices }, recovery, blocks, deviceBlocks, signature }
}

function plain(inception: GroupInception): Record<string, unknown> {
  const { founder, device, history, epoch, recovery, blocks, deviceBlocks } = inception
  return {
    v: VERSION,
    founder,
    device,
    history,
    epoch,
    recovery,
    blocks: blocks.map(rawOf),
    deviceBlocks: deviceBlocks.map(rawOf)
  }
}

/** A block as evidence embeds it: these two fields and no others. */
export function rawOf({ block, content }: RawBlock): RawBlock {
  return { block, content }
}
