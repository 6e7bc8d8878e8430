import { isDid } from '../did.ts'
import { bound, domains } from '../domains.ts'
import { decodeCanonical, encodeCanonical, isBytes, isMapOf, isRefused } from '../encoding/canonical.ts'
import type { Did } from '../interface/did.ts'
import type { PublicKeySet } from '../keys/key-set.ts'
import { findSuite } from '../keys/suite.ts'

/**
 * Signatures of applications. The context is prefixed with `app:` and everything lies under a domain of its own, so that whatever an
 * application is talked into signing, it is no signature of a protocol.
 */
export interface AppSignature {
  /** The device that signed. */
  readonly by: Did
  readonly suite: number
  /** Hybrid. */
  readonly signature: Uint8Array
}

const LIMIT = 8 * 1024

/** @param sign `Device.sign` */
export async function signForApp(
  by: Did,
  suite: number,
  message: { readonly bytes: Uint8Array; readonly context: string },
  sign: (bytes: Uint8Array) => Promise<Uint8Array>
): Promise<Uint8Array> {
  const signature = await sign(appSigningBytes(by, message.bytes, message.context))
  return encodeCanonical({ v: 1, by, suite, signature })
}

/** Read a signature without checking it: to learn whose keys to check it with. */
export function readAppSignature(bytes: Uint8Array): AppSignature | undefined {
  const decoded = decodeCanonical(bytes, LIMIT)
  if (isRefused(decoded) || !isMapOf(decoded.value, ['v', 'by', 'suite', 'signature'])) {
    return undefined
  }
  const { v, by, suite, signature } = decoded.value
  return v === 1 && isDid(by) && typeof suite === 'number' && isBytes(signature) ? { by, suite, signature } : undefined
}

/**
 * The device that is said to have made a signature of an application: a claim until `verify` of the group, or of the identity, has checked it.
 * Undefined for bytes that are no such signature.
 */
export function signerOf(signature: Uint8Array): Did | undefined {
  return readAppSignature(signature)?.by
}

/** Whether `signature` was made by the device `by` with these keys. */
export function verifyAppSignature(
  by: Did,
  keys: PublicKeySet,
  message: { readonly bytes: Uint8Array; readonly context: string },
  signature: Uint8Array
): boolean {
  const read = readAppSignature(signature)
  if (read === undefined || read.by !== by || read.suite !== keys.suite) {
    return false
  }
  const signed = appSigningBytes(by, message.bytes, message.context)
  return findSuite(keys.suite)?.verify(keys, signed, read.signature) ?? false
}

function appSigningBytes(by: Did, bytes: Uint8Array, context: string): Uint8Array {
  return bound(domains.app, { by, context: `app:${context}`, bytes })
}
