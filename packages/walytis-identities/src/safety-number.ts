import { sha512 } from '@noble/hashes/sha2.js'
import { base64url } from 'multiformats/bases/base64'
import { CID } from 'multiformats/cid'
import { concat } from 'uint8arrays/concat'
import { chainOf, didOf, isDid } from './did.ts'
import { bound } from './domains.ts'
import { decodeCanonical, encodeCanonical, isMapOf, isRefused } from './encoding/canonical.ts'
import { InvalidArgumentError } from './errors.ts'
import { groupDomains } from './group-domains.ts'
import type { Did } from './interface/did.ts'
import type { SafetyCheck, SafetyNumber, SafetyParty } from './interface/safety-number.ts'

/** Rounds of hashing on each side: they make it dear to look for devices that give a number wanted. */
const ROUNDS = 5200
const GROUPS = 6
const GROUP_BYTES = 5
const PREFIX = 'walytis:safety:'
/** What one code says at most: beyond what a QR code holds. */
const CODE_LIMIT = 8 * 1024

/**
 * The number that two people compare to be sure that they talk to each other's devices and nobody else's. It is the same on both sides as long as both
 * know the same devices, and another one as soon as a device comes or goes. A `Member` of a group that both are in can be given as it is.
 *
 * @throws {InvalidDidError}
 */
export function safetyNumber(mine: SafetyParty, theirs: SafetyParty): SafetyNumber {
  const parties = [plainParty(mine), plainParty(theirs)].sort((a, b) => compareText(a.did, b.did))
  const halves = parties.map(digitsOf).sort(compareText)
  const links = parties.map(({ did, devices }) => ({ did: linkOf(did), devices: devices.map(linkOf) }))
  return {
    digits: halves.join(''),
    code: PREFIX + base64url.baseEncode(encodeCanonical({ v: 1, parties: links }))
  }
}

/**
 * Compare what the other side's QR code says with what is known here. Where the two differ, it is said which devices only one side knows.
 *
 * @param code the other side's `SafetyNumber.code`, from whoever shows it
 * @throws {InvalidArgumentError} when that is no such code
 * @throws {InvalidDidError}
 */
export function checkSafetyCode(code: string, mine: SafetyParty, theirs: SafetyParty): SafetyCheck {
  const shown = readCode(code)
  const known = [plainParty(mine), plainParty(theirs)]
  const differences = known.map(({ did, devices }) => {
    const other = shown.find((party) => party.did === did)?.devices ?? []
    return {
      did,
      onlyHere: devices.filter((device) => !other.includes(device)),
      onlyThere: other.filter((device) => !devices.includes(device))
    }
  })
  const strangers = shown.map(({ did }) => did).filter((did) => !known.some((party) => party.did === did))
  const differ = differences.filter(({ onlyHere, onlyThere }) => onlyHere.length + onlyThere.length > 0)
  return { matches: strangers.length === 0 && differ.length === 0, differences: differ, strangers }
}

/** Thirty digits for one side: from each five bytes of the hash the last five digits. */
function digitsOf(party: SafetyParty): string {
  const first = sha512(bound(groupDomains.safetyNumber, party))
  let hash = first
  for (let round = 1; round < ROUNDS; round++) {
    hash = sha512(concat([hash, first]))
  }
  return Array.from({ length: GROUPS }, (_, at) => {
    const bytes = hash.subarray(at * GROUP_BYTES, (at + 1) * GROUP_BYTES)
    return (bytes.reduce((sum, byte) => sum * 256 + byte, 0) % 100_000).toString().padStart(5, '0')
  }).join('')
}

function plainParty({ did, devices }: SafetyParty): SafetyParty {
  return {
    did: didOf(chainOf(did)),
    devices: [...new Set(devices.map((one) => didOf(chainOf(one))))].sort(compareText)
  }
}

function readCode(code: string): SafetyParty[] {
  const parties = code.startsWith(PREFIX) ? readParties(code.slice(PREFIX.length)) : undefined
  if (parties === undefined) {
    throw new InvalidArgumentError('code', 'That is not the code of a safety number')
  }
  return parties
}

function readParties(text: string): SafetyParty[] | undefined {
  const decoded = text.length > CODE_LIMIT * 2 ? undefined : decodeCanonical(bytesIn(text), CODE_LIMIT)
  if (decoded === undefined || isRefused(decoded) || !isMapOf(decoded.value, ['v', 'parties'])) {
    return undefined
  }
  const { v, parties } = decoded.value
  if (v !== 1 || !Array.isArray(parties) || parties.length !== 2) {
    return undefined
  }
  const read = (parties as unknown[]).flatMap((party) => readParty(party) ?? [])
  return read.length === parties.length ? read : undefined
}

function readParty(value: unknown): SafetyParty | undefined {
  if (!isMapOf(value, ['did', 'devices']) || !Array.isArray(value.devices)) {
    return undefined
  }
  const did = didIn(value.did)
  const devices = (value.devices as unknown[]).flatMap((device) => didIn(device) ?? [])
  return did !== undefined && devices.length === value.devices.length ? { did, devices } : undefined
}

/** Undefined for what is no link to a chain. */
function didIn(value: unknown): Did | undefined {
  const link = CID.asCID(value)
  const did = link === null ? undefined : didOf(link)
  return isDid(did) ? did : undefined
}

/** No bytes for what is not base64url: they decode to nothing. */
function bytesIn(text: string): Uint8Array {
  try {
    return base64url.baseDecode(text)
  } catch {
    return new Uint8Array()
  }
}

function linkOf(did: string): CID {
  return CID.parse(chainOf(did))
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
