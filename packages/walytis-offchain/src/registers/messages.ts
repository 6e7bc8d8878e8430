/** Messages of `/walytis-offchain/registers/1.0.0` (docs/protocol.md). Each is one frame of a channel. */
import { encode } from '@ipld/dag-cbor'
import { decodeCanonical, hasFields } from 'walytis'
import { MAX_FRAME_SIZE } from '../exchange/limits.ts'
import { SLOT_SIZE } from './format.ts'

/** Which value of a register somebody holds. */
export interface HeldValue {
  readonly device: string
  readonly slot: Uint8Array
  readonly seq: number
}

export type RegisterMessage =
  /** All that the sender holds: at most `MAX_HELD` in a message, `more` follow in others. Answered by what is newer on the other side. */
  | { readonly kind: 'have'; readonly held: readonly HeldValue[]; readonly more: boolean }
  /** Records: newer than what the receiver said to hold, or new here. */
  | { readonly kind: 'give'; readonly records: readonly Uint8Array[] }

export const MAX_HELD = 2048
export const MAX_GIVEN = 32

export type RegisterMessageRule = 'message-not-canonical' | 'message-kind' | 'message-fields'

export function encodeRegisterMessage(message: RegisterMessage): Uint8Array {
  if (message.kind === 'give') return encode({ kind: message.kind, records: message.records })
  const held = message.held.map(({ device, slot, seq }) => [device, slot, seq])
  return encode({ kind: message.kind, held, more: message.more })
}

/** Read a frame that a peer sent. Never throws for what its bytes are. */
export function decodeRegisterMessage(
  bytes: Uint8Array
):
  | { readonly ok: true; readonly message: RegisterMessage }
  | { readonly ok: false; readonly rule: RegisterMessageRule } {
  const value = decodeCanonical(bytes, MAX_FRAME_SIZE)
  if (typeof value !== 'object' || value === null) return { ok: false, rule: 'message-not-canonical' }
  const kind = 'kind' in value ? value.kind : undefined
  if (kind !== 'have' && kind !== 'give') return { ok: false, rule: 'message-kind' }
  const message = kind === 'have' ? haveOf(value) : giveOf(value)
  return message === undefined ? { ok: false, rule: 'message-fields' } : { ok: true, message }
}

function haveOf(value: object): RegisterMessage | undefined {
  if (!hasFields(value, ['held', 'kind', 'more'])) return undefined
  const { held, more } = value as { held: unknown; more: unknown }
  if (!Array.isArray(held) || held.length > MAX_HELD || typeof more !== 'boolean') return undefined
  const values: HeldValue[] = []
  for (const entry of held as unknown[]) {
    if (!Array.isArray(entry) || entry.length !== 3) return undefined
    const [device, slot, seq] = entry as unknown[]
    if (typeof device !== 'string' || !(slot instanceof Uint8Array) || slot.length !== SLOT_SIZE) return undefined
    if (typeof seq !== 'number' || !Number.isSafeInteger(seq) || seq <= 0) return undefined
    values.push({ device, slot, seq })
  }
  return { kind: 'have', held: values, more }
}

function giveOf(value: object): RegisterMessage | undefined {
  if (!hasFields(value, ['kind', 'records'])) return undefined
  const { records } = value as { records: unknown }
  if (!Array.isArray(records) || records.length > MAX_GIVEN) return undefined
  return records.every((record) => record instanceof Uint8Array) ? { kind: 'give', records } : undefined
}
