import { CID } from 'multiformats/cid'
import { decodeCanonical, encodeCanonical, isBytes, isMapOf, isRefused } from '../encoding/canonical.ts'
import { SEED_BYTES } from './epoch-secrets.ts'

/** Messages of key delivery: see docs/protocol.md, "Delivery of seeds". */

/** Asks for seeds; without any, for those of the epochs that may be used now. */
export interface WantMessage {
  readonly kind: 'want'
  readonly epochs: readonly string[]
}

/** Gives seeds: an answer, or unasked when an epoch has begun. */
export interface HaveMessage {
  readonly kind: 'have'
  readonly seeds: readonly EpochSeed[]
  /** The group's static key, by which members find each other. */
  readonly rendezvous: Uint8Array
}

export interface EpochSeed {
  readonly epoch: string
  readonly seed: Uint8Array
}

/** Epochs that one message names. */
export const EPOCHS_PER_MESSAGE = 64
const LIMIT = 64 * 1024

export function encodeKeyMessage(message: WantMessage | HaveMessage): Uint8Array {
  return message.kind === 'want'
    ? encodeCanonical({ v: 1, kind: 'want', epochs: message.epochs.map((id) => CID.parse(id)) })
    : encodeCanonical({
        v: 1,
        kind: 'have',
        seeds: message.seeds.map(({ epoch, seed }) => ({ epoch: CID.parse(epoch), seed })),
        rendezvous: message.rendezvous
      })
}

/** Undefined for bytes that are no message. */
export function decodeKeyMessage(bytes: Uint8Array): WantMessage | HaveMessage | undefined {
  const decoded = decodeCanonical(bytes, LIMIT)
  if (isRefused(decoded)) {
    return undefined
  }
  const { value } = decoded
  if (isMapOf(value, ['v', 'kind', 'epochs']) && value.v === 1 && value.kind === 'want' && isList(value.epochs)) {
    const epochs = value.epochs.flatMap((id) => CID.asCID(id)?.toString() ?? [])
    return epochs.length === value.epochs.length ? { kind: 'want', epochs } : undefined
  }
  if (isMapOf(value, ['v', 'kind', 'seeds', 'rendezvous']) && value.v === 1 && value.kind === 'have') {
    const seeds = readSeeds(value.seeds)
    return seeds !== undefined && isBytes(value.rendezvous, 32)
      ? { kind: 'have', seeds, rendezvous: value.rendezvous }
      : undefined
  }
  return undefined
}

/** Read a list of epochs with their seeds. */
export function readSeeds(value: unknown): EpochSeed[] | undefined {
  if (!isList(value)) {
    return undefined
  }
  const seeds = value.flatMap((item) => {
    const epoch = isMapOf(item, ['epoch', 'seed']) ? CID.asCID(item.epoch)?.toString() : undefined
    return isMapOf(item, ['epoch', 'seed']) && epoch !== undefined && isBytes(item.seed, SEED_BYTES)
      ? [{ epoch, seed: item.seed }]
      : []
  })
  return seeds.length === value.length ? seeds : undefined
}

function isList(value: unknown): value is unknown[] {
  return Array.isArray(value) && value.length <= EPOCHS_PER_MESSAGE
}
