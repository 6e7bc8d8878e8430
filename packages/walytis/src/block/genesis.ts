import { decode, encode } from '@ipld/dag-cbor'
import {
  BLOCK_FORMAT_VERSION,
  GENESIS_NONCE_BYTES,
  MAX_JUDGED_CONTENT_BYTES,
  MAX_LAYERS,
  MAX_NAME_BYTES,
  MAX_POLICY_PARAMETER_BYTES
} from '../constants.ts'
import { InvalidArgumentError, LimitExceededError } from '../errors.ts'
import type { ChainSettings, LayerSettings } from '../interface/index.ts'
import { compareBytes } from './id.ts'

/**
 * The content of a genesis: what a chain is, for ever (docs/protocol.md, "Genesis"). Its random bytes make two chains of
 * equal settings differ.
 */

const ACCESSES: readonly string[] = ['invite', 'public', 'custom'] satisfies ChainSettings['access'][]
const encoder = new TextEncoder()

/**
 * @param nonce 32 random bytes
 * @throws {LimitExceededError} when a name, the policy's parameters or what layers say is too long
 */
export function encodeSettings(settings: ChainSettings, nonce: Uint8Array): Uint8Array {
  limit('bytes of chain name', MAX_NAME_BYTES, encoder.encode(settings.name ?? '').length)
  limit('bytes of policy name', MAX_NAME_BYTES, encoder.encode(settings.policy.name).length)
  limit('bytes of policy parameters', MAX_POLICY_PARAMETER_BYTES, settings.policy.parameters.length)
  const layers = Object.entries(settings.layers ?? {})
  limit('layers', MAX_LAYERS.count, layers.length)
  for (const [name] of layers) limit('bytes of layer name', MAX_LAYERS.nameBytes, encoder.encode(name).length)
  limit('bytes of layers', MAX_LAYERS.bytes, bytesOf(layers))
  if (layers.some(([name]) => !name.isWellFormed()))
    throw new InvalidArgumentError('layers', 'a name has unpaired surrogates')
  if (settings.name?.isWellFormed() === false || !settings.policy.name.isWellFormed()) {
    throw new InvalidArgumentError('name', 'it has unpaired surrogates')
  }
  return encode({
    v: BLOCK_FORMAT_VERSION,
    nonce,
    access: settings.access,
    policy: { name: settings.policy.name, parameters: settings.policy.parameters },
    ...(settings.name === undefined ? {} : { name: settings.name }),
    ...(layers.length === 0 ? {} : { layers: Object.fromEntries(layers) })
  })
}

/** The settings in a genesis's content, or undefined when it is no well-formed settings of a known version. Never throws. */
export function decodeSettings(content: Uint8Array): ChainSettings | undefined {
  if (content.length > MAX_JUDGED_CONTENT_BYTES) return undefined
  let value: unknown
  try {
    value = decode(content)
    if (compareBytes(content, encode(value)) !== 0) return undefined
  } catch {
    return undefined
  }
  if (!isMap(value)) return undefined
  const { v, nonce, access, policy, name, layers, ...unknown } = value
  if (v !== BLOCK_FORMAT_VERSION || Object.keys(unknown).length > 0) return undefined
  if (!(nonce instanceof Uint8Array) || nonce.length !== GENESIS_NONCE_BYTES) return undefined
  if (!isAccess(access) || !isMap(policy)) return undefined
  if (Object.hasOwn(value, 'name') && !isName(name)) return undefined
  const parsedPolicy = parsePolicy(policy)
  if (parsedPolicy === undefined) return undefined
  if (Object.hasOwn(value, 'layers') && !isLayers(layers)) return undefined
  return {
    ...(isName(name) ? { name } : {}),
    access,
    policy: parsedPolicy,
    ...(isLayers(layers) ? { layers } : {})
  }
}

function parsePolicy(policy: Record<string, unknown>): ChainSettings['policy'] | undefined {
  const { name, parameters, ...unknown } = policy
  if (Object.keys(unknown).length > 0 || !isName(name)) return undefined
  if (!(parameters instanceof Uint8Array) || parameters.length > MAX_POLICY_PARAMETER_BYTES) return undefined
  return { name, parameters }
}

/** There is one way to say that no layer says anything: without the field. */
function isLayers(value: unknown): value is LayerSettings {
  if (!isMap(value)) return false
  const layers = Object.entries(value)
  return (
    layers.length > 0 &&
    layers.length <= MAX_LAYERS.count &&
    layers.every(
      (layer): layer is [string, Uint8Array] =>
        layer[1] instanceof Uint8Array && encoder.encode(layer[0]).length <= MAX_LAYERS.nameBytes
    ) &&
    bytesOf(layers) <= MAX_LAYERS.bytes
  )
}

function bytesOf(layers: readonly (readonly [string, Uint8Array])[]): number {
  return layers.reduce((sum, [name, bytes]) => sum + encoder.encode(name).length + bytes.length, 0)
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isAccess(value: unknown): value is ChainSettings['access'] {
  return typeof value === 'string' && ACCESSES.includes(value)
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && encoder.encode(value).length <= MAX_NAME_BYTES
}

function limit(what: string, maximum: number, actual: number): void {
  if (actual > maximum) throw new LimitExceededError(what, maximum, actual)
}
