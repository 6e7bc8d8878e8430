import type { DIDResolutionResult, DIDResolver } from 'did-resolver'
import type { Walytis } from 'walytis/interface'
import { isDid } from './did.ts'
import { findPrincipal } from './principals.ts'

const CONTENT_TYPE = 'application/did+ld+json'

/**
 * A resolver of `did:walytis` for the package `did-resolver`: `new Resolver(getResolver(walytis))`. It answers from the identities and groups
 * that are open on this node and never asks the network; others are `notFound`.
 */
export function getResolver(walytis: Walytis): { walytis: DIDResolver } {
  return {
    walytis: async (did, _parsed, _resolver, options) => {
      if (!isDid(did)) {
        return failure('invalidDid')
      }
      if (options.accept !== undefined && options.accept !== CONTENT_TYPE) {
        return failure('representationNotSupported')
      }
      const principal = findPrincipal(walytis, did)
      if (principal === undefined) {
        return failure('notFound')
      }
      const didDocument = await principal.document()
      return { didResolutionMetadata: { contentType: CONTENT_TYPE }, didDocument, didDocumentMetadata: {} }
    }
  }
}

function failure(error: string): DIDResolutionResult {
  return { didResolutionMetadata: { error }, didDocument: null, didDocumentMetadata: {} }
}
