import type { BlockPosition } from 'walytis/interface'
import { bound, domains } from '../domains.ts'
import { isBytes, isMapOf, isRefused, type Refused } from '../encoding/canonical.ts'
import type { RawEvent } from '../events/format.ts'
import { type KeySetWithSecrets, type PublicKeySet, publicOf, readPublicKeySet } from '../keys/key-set.ts'
import { findSuite, suiteOf } from '../keys/suite.ts'

/** Events of an identity's own chain. */
export type IdentityEvent = RotateEvent | DocumentEvent

/** Other keys from here on. The block is signed by the outgoing keys; `proof` is the incoming keys' hybrid signature. */
export type RotateEvent = {
  readonly kind: 'rotate'
  readonly keys: PublicKeySet
  readonly proof: Uint8Array
}

/** What the DID document says besides the keys. The latest counts. */
export type DocumentEvent = {
  readonly kind: 'document'
  readonly services: readonly ServiceEntry[]
}

/** A service of the DID document (DID Core 1.1 §5.4). */
export type ServiceEntry = {
  /** The fragment of its id, without `#`. */
  readonly id: string
  readonly type: string
  /** A URI. */
  readonly endpoint: string
}

const SERVICES_LIMIT = 16
const TEXT_LIMIT = 256

/** A rotation at this position, proved by the incoming keys. */
export function rotateEvent(incoming: KeySetWithSecrets, position: BlockPosition): RotateEvent {
  const keys = publicOf(incoming)
  return { kind: 'rotate', keys, proof: suiteOf(keys).sign(incoming, rotationBytes(keys, position)) }
}

/** Read one event; undefined for kinds unknown here, which are accepted without effect. */
export function readIdentityEvent(event: RawEvent, position: BlockPosition): IdentityEvent | Refused | undefined {
  switch (event.kind) {
    case 'rotate':
      return readRotate(event, position)
    case 'document':
      return readDocument(event)
    case 'inception':
      return { rule: 'second-inception' }
    default:
      return undefined
  }
}

function readRotate(event: RawEvent, position: BlockPosition): RotateEvent | Refused {
  if (!isMapOf(event, ['kind', 'keys', 'proof']) || !isBytes(event.proof)) {
    return { rule: 'rotate-fields' }
  }
  const keys = readPublicKeySet(event.keys)
  if (isRefused(keys)) {
    return keys
  }
  const suite = findSuite(keys.suite)
  if (suite === undefined) {
    return { rule: 'unknown-suite' }
  }
  if (!suite.validPublicKeys(keys)) {
    return { rule: 'rotate-keys' }
  }
  if (!suite.verify(keys, rotationBytes(keys, position), event.proof)) {
    return { rule: 'rotate-proof' }
  }
  return { kind: 'rotate', keys, proof: event.proof }
}

function readDocument(event: RawEvent): DocumentEvent | Refused {
  if (!isMapOf(event, ['kind', 'services'])) {
    return { rule: 'document-fields' }
  }
  const { services } = event
  return areServices(services) ? { kind: 'document', services } : { rule: 'document-services' }
}

/** Whether a value is a list of service entries: few, with short texts, distinct ids that can be fragments, endpoints that are URIs. */
export function areServices(value: unknown): value is readonly ServiceEntry[] {
  return (
    Array.isArray(value) &&
    value.length <= SERVICES_LIMIT &&
    value.every(isService) &&
    new Set(value.map(({ id }) => id)).size === value.length
  )
}

function isService(value: unknown): value is ServiceEntry {
  return (
    isMapOf(value, ['id', 'type', 'endpoint']) &&
    isText(value.id) &&
    /^[\w.-]+$/.test(value.id) &&
    isText(value.type) &&
    isText(value.endpoint) &&
    /^[a-z][a-z\d+.-]*:\S+$/i.test(value.endpoint)
  )
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= TEXT_LIMIT
}

function rotationBytes(keys: PublicKeySet, { chain, parents, prev, seq, height }: BlockPosition): Uint8Array {
  return bound(domains.rotation, { chain, parents, prev, seq, height, keys })
}
