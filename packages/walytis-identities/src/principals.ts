import type { Walytis } from 'walytis/interface'
import type { Principal } from './interface/did.ts'

/** The identities and groups that are open on each node: what resolvers and groups find without opening a chain a second time. */
const principals = new WeakMap<Walytis, Map<string, Principal>>()

/** Called once a principal is open. Returns what takes it off the list, for its `close`. */
export function registerPrincipal(walytis: Walytis, principal: Principal): () => void {
  const open = principals.get(walytis) ?? new Map<string, Principal>()
  principals.set(walytis, open)
  open.set(principal.did, principal)
  return () => {
    if (open.get(principal.did) === principal) {
      open.delete(principal.did)
    }
  }
}

/** The open principal of that DID. */
export function findPrincipal(walytis: Walytis, did: string): Principal | undefined {
  return principals.get(walytis)?.get(did)
}
