import type { DIDDocument, VerificationMethod } from 'did-resolver'
import { varint } from 'multiformats'
import { base58btc } from 'multiformats/bases/base58'
import { concat } from 'uint8arrays/concat'
import type { IdentityState } from './identity/verify-evidence.ts'
import { suiteOf } from './keys/suite.ts'
import type { KeyMethod } from './keys/suite-interface.ts'

/**
 * DID documents (W3C DID Core 1.1, https://www.w3.org/TR/did-1.1/; Multikey of https://www.w3.org/TR/cid-1.0/#Multikey). Both signature
 * keys are listed; this stack asks for signatures by both.
 */

/** JSON-LD contexts of the documents. */
export const DOCUMENT_CONTEXTS = ['https://www.w3.org/ns/did/v1.1', 'https://w3id.org/security/multikey/v1']

/** The document of an identity: its keys in force and its services. */
export function identityDocument({ did, keys, services }: IdentityState): DIDDocument {
  const { classical, postQuantum, kem } = suiteOf(keys).methods
  const methods = [multikey(did, classical, keys.classical), multikey(did, postQuantum, keys.postQuantum)]
  const agreement = multikey(did, kem, keys.kem)
  const signing = methods.map(({ id }) => id)
  return {
    '@context': [...DOCUMENT_CONTEXTS],
    id: did,
    verificationMethod: [...methods, agreement],
    authentication: signing,
    assertionMethod: signing,
    capabilityInvocation: signing,
    keyAgreement: [agreement.id],
    ...(services.length === 0
      ? {}
      : {
          service: services.map(({ id, type, endpoint }) => ({ id: `${did}#${id}`, type, serviceEndpoint: endpoint }))
        })
  }
}

/** A key as a verification method. */
export function multikey(did: string, { fragment, code }: KeyMethod, key: Uint8Array): VerificationMethod {
  const prefix = varint.encodeTo(code, new Uint8Array(varint.encodingLength(code)))
  return {
    id: `${did}#${fragment}`,
    type: 'Multikey',
    controller: did,
    publicKeyMultibase: base58btc.encode(concat([prefix, key]))
  }
}
