import type { DIDDocument, DIDResolutionOptions, DIDResolutionResult, DIDResolver } from 'did-resolver'
import type { Walytis } from 'walytis/interface'
import { isDid } from './did.ts'
import type { Principal } from './interface/did.ts'
import { findPrincipal } from './principals.ts'

/** What a document can be asked for as; it is the same one each time (DID Core 1.1 §6, 1.0 §6). The first is the default. */
const CONTENT_TYPES = ['application/did+ld+json', 'application/did+json', 'application/did']

/**
 * A resolver of `did:walytis` for the package `did-resolver`: `new Resolver(getResolver(walytis))`. It answers from the identities and groups
 * that are open on this node and never asks the network. Errors stand in the result: `invalidDid`, `notFound` (not open here),
 * `representationNotSupported`, `internalError`. No DID of this method is ever `deactivated`: there is no event for it.
 */
export function getResolver(walytis: Walytis): { walytis: DIDResolver } {
  return {
    walytis: async (did, _parsed, _resolver, options: DIDResolutionOptions) => {
      if (!isDid(did)) {
        return failure('invalidDid')
      }
      const contentType = options.accept ?? CONTENT_TYPES[0] ?? ''
      if (!CONTENT_TYPES.includes(contentType)) {
        return failure(
          'representationNotSupported',
          `${contentType.slice(0, 128)} is none of ${CONTENT_TYPES.join(', ')}`
        )
      }
      const principal = findPrincipal(walytis, did)
      if (principal === undefined) {
        return failure('notFound', 'no identity or group of that DID is open on this node')
      }
      try {
        return await resolved(principal, contentType)
      } catch (error) {
        return failure('internalError', error instanceof Error ? error.message : String(error))
      }
    }
  }
}

async function resolved(principal: Principal, contentType: string): Promise<DIDResolutionResult> {
  const didDocument: DIDDocument = await principal.document()
  const times: Date[] = []
  for await (const { time } of principal.history()) {
    times.push(time)
  }
  const [created, updated] = [times[0], times.at(-1)]
  return {
    didResolutionMetadata: { contentType },
    didDocument,
    didDocumentMetadata: {
      ...(created === undefined ? {} : { created: dateTime(created) }),
      ...(updated === undefined || times.length === 1 ? {} : { updated: dateTime(updated) })
    }
  }
}

/** An XML date-time in UTC without fractions of a second (DID Core §7.1.3). As claimed by whoever wrote the events. */
function dateTime(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`
}

function failure(error: string, message?: string): DIDResolutionResult {
  const didResolutionMetadata = { error, ...(message === undefined ? {} : { message }) }
  return { didResolutionMetadata, didDocument: null, didDocumentMetadata: {} }
}
