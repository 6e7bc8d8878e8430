import type { Did } from 'walytis-identities'

const DID = /^did:walytis:b[a-z2-7]{40,100}$/

/** Whether a value has the form of a DID of this stack: `did:walytis:` and a CID in base32. */
export function isDid(value: unknown): value is Did {
  return typeof value === 'string' && DID.test(value)
}

/** The id of the chain that a DID stands for. */
export function chainOf(did: Did): string {
  return did.slice('did:walytis:'.length)
}

/** A DID short enough to be shown where no name is known. */
export function shortDid(did: Did): string {
  return `${chainOf(did).slice(-8)}`
}
