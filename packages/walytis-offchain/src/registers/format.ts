/**
 * Registers (docs/protocol.md): the newest value that a device has put under a name, signed by it and sealed for the members of the group. Never
 * on the chain.
 */
import { encode } from '@ipld/dag-cbor'
import { CID } from 'multiformats/cid'
import { compare, concat, toString as textOf } from 'uint8arrays'
import { decodeCanonical, hasFields, isBlockId } from 'walytis'
import type { BlockId } from 'walytis/interface'
import type { Did, Epoch } from 'walytis-identities'
import { aeadOpen, aeadSeal } from '#primitives'
import { FORMAT_VERSION, MAX_REGISTER_NAME_SIZE, MAX_REGISTER_SIZE } from '../constants.ts'
import { domains, prefixes } from '../domains.ts'

export const SLOT_SIZE = 16
const SALT_SIZE = 32
const TAG_SIZE = 16

/** A hybrid signature, a sealed value of the largest class, and room for the rest. */
export const MAX_RECORD_SIZE = 24 * 1024

/** The smallest class of a sealed value: read marks all look alike. Above it, powers of two. */
const SMALLEST_VALUE_CLASS = 128
const LARGEST_VALUE_CLASS = 8192

/** Used once per key, since the salt makes the key. */
const NONCE = new Uint8Array(12)

/** One value of a register, as it travels and lies on disks. */
export interface RegisterRecord {
  readonly chain: BlockId
  readonly device: Did
  /** 16 bytes: how the device names the register towards those who can't read its name. */
  readonly slot: Uint8Array
  /** Counts the values of this register, from 1. */
  readonly seq: number
  /** The epoch under which it is sealed. */
  readonly epoch: BlockId
  /** 32 random bytes. */
  readonly salt: Uint8Array
  readonly sealed: Uint8Array
  /** Of an application, by the device, over all of the above. */
  readonly signature: Uint8Array
}

/** What is sealed. `value` is null where the register was deleted. */
export interface RegisterContent {
  readonly name: string
  readonly value: Uint8Array | null
}

export type RegisterRule =
  | 'register-too-large'
  | 'register-not-canonical'
  | 'register-fields'
  | 'register-not-authentic'
  | 'register-content'

const FIELDS = ['chain', 'device', 'epoch', 'salt', 'sealed', 'seq', 'signature', 'slot', 'v']

export function encodeRecord(record: RegisterRecord): Uint8Array {
  const { chain, device, slot, seq, epoch, salt, sealed, signature } = record
  return encode({ v: FORMAT_VERSION, chain, device, slot, seq, epoch, salt, sealed, signature })
}

/** The bytes that the device signs. */
export function signedPartOf(record: Omit<RegisterRecord, 'signature'>): Uint8Array {
  const { chain, device, slot, seq, epoch, salt, sealed } = record
  return encode({ v: FORMAT_VERSION, chain, device, slot, seq, epoch, salt, sealed })
}

/** Read a record that somebody gave; its signature is not checked. Never throws for what its bytes are. */
export function decodeRecord(
  bytes: Uint8Array
): { readonly ok: true; readonly record: RegisterRecord } | { readonly ok: false; readonly rule: RegisterRule } {
  if (bytes.length > MAX_RECORD_SIZE) return { ok: false, rule: 'register-too-large' }
  const value = decodeCanonical(bytes, MAX_RECORD_SIZE)
  if (typeof value !== 'object' || value === null) return { ok: false, rule: 'register-not-canonical' }
  const refused = { ok: false, rule: 'register-fields' } as const
  if (!hasFields(value, FIELDS) || value['v'] !== FORMAT_VERSION) return refused
  const { device, slot, seq, salt, sealed, signature } = value as { [field: string]: unknown }
  const [chain, epoch] = [blockIdOf(value['chain']), blockIdOf(value['epoch'])]
  if (chain === undefined || epoch === undefined || !isDid(device) || !isSeq(seq)) return refused
  if (!isBytes(slot, SLOT_SIZE) || !isBytes(salt, SALT_SIZE) || !isBytes(signature) || !isBytes(sealed)) return refused
  if (!isValueClass(sealed.length - TAG_SIZE)) return refused
  return { ok: true, record: { chain, device, slot, seq, epoch, salt, sealed, signature } }
}

/** Seal a value. `salt`: 32 fresh random bytes. */
export function sealValue(
  place: Pick<RegisterRecord, 'chain' | 'device' | 'slot' | 'seq'>,
  content: RegisterContent,
  epoch: Epoch,
  salt: Uint8Array
): Omit<RegisterRecord, 'signature'> {
  const encoded = encode({ name: content.name, value: content.value })
  const padded = new Uint8Array(valueClassOf(encoded.length + 2))
  new DataView(padded.buffer).setUint16(0, encoded.length)
  padded.set(encoded, 2)
  const unsealed = { ...place, epoch: epoch.id, salt }
  const sealed = aeadSeal(epoch.secret(domains.registerSecret, salt), NONCE, associatedData(unsealed), padded)
  return { ...unsealed, sealed }
}

/** Open a value. Never throws for what its bytes are. */
export function openValue(
  record: RegisterRecord,
  epoch: Epoch
): { readonly ok: true; readonly content: RegisterContent } | { readonly ok: false; readonly rule: RegisterRule } {
  const key = epoch.secret(domains.registerSecret, record.salt)
  const padded = aeadOpen(key, NONCE, associatedData(record), record.sealed)
  if (padded === undefined) return { ok: false, rule: 'register-not-authentic' }
  const length = new DataView(padded.buffer, padded.byteOffset).getUint16(0)
  const refused = { ok: false, rule: 'register-content' } as const
  if (valueClassOf(length + 2) !== padded.length || padded.subarray(2 + length).some((byte) => byte !== 0))
    return refused
  const content = decodeCanonical(padded.subarray(2, 2 + length), padded.length)
  if (!hasFields(content, ['name', 'value'])) return refused
  const { name, value } = content as { name: unknown; value: unknown }
  if (!isRegisterName(name)) return refused
  if (value !== null && !(value instanceof Uint8Array && value.length <= MAX_REGISTER_SIZE)) return refused
  return { ok: true, content: { name, value } }
}

/** Whether a text can name a register: 1 to 128 bytes of UTF-8. */
export function isRegisterName(name: unknown): name is string {
  if (typeof name !== 'string' || name === '' || !name.isWellFormed()) return false
  return new TextEncoder().encode(name).length <= MAX_REGISTER_NAME_SIZE
}

/**
 * Whether a record takes the place of another of the same register: it counts higher, or, when a device that lost its memory has counted
 * twice, its bytes are greater. So all who have met both keep the same one, and an older one never comes back.
 */
export function supersedes(record: RegisterRecord, held: RegisterRecord | undefined): boolean {
  if (held === undefined) return true
  return record.seq > held.seq || (record.seq === held.seq && compare(encodeRecord(record), encodeRecord(held)) > 0)
}

/** How a register is named in memory and in keys of rows. */
export function registerKey({ device, slot }: Pick<RegisterRecord, 'device' | 'slot'>): string {
  return `${device}/${textOf(slot, 'hex')}`
}

function associatedData({ chain, device, slot, seq, epoch }: Omit<RegisterRecord, 'signature' | 'sealed' | 'salt'>) {
  return concat([prefixes.register, encode({ chain, device, slot, seq, epoch })])
}

function valueClassOf(size: number): number {
  let length = SMALLEST_VALUE_CLASS
  while (length < size) length *= 2
  return length
}

function isValueClass(length: number): boolean {
  return length >= SMALLEST_VALUE_CLASS && length <= LARGEST_VALUE_CLASS && valueClassOf(length) === length
}

function blockIdOf(value: unknown): BlockId | undefined {
  const cid = CID.asCID(value as CID)
  return cid !== null && isBlockId(cid) ? cid : undefined
}

function isDid(value: unknown): value is Did {
  return typeof value === 'string' && value.startsWith('did:walytis:') && value.length <= 128
}

function isSeq(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0
}

function isBytes(value: unknown, length?: number): value is Uint8Array {
  return value instanceof Uint8Array && (length === undefined || value.length === length)
}
