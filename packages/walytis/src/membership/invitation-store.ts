import { encode } from '@ipld/dag-cbor'
import { decodeCanonical, equalBytes, hasFields, isBytes, isCount } from '../canonical.ts'
import { ED25519_PUBLIC_KEY_BYTES } from '../crypto/ed25519.ts'
import { MULTIKEY_BYTES } from '../crypto/multikey.ts'
import type { BatchOperation, Store } from '../interface/index.ts'
import { namingFailures, SYNCED } from '../storage/open-store.ts'
import { isUses, MAX_INVITATION_USES } from './invitation.ts'

/** What a node remembers of an invitation: its terms, and who has used it here. */
export interface InvitationRecord {
  readonly id: string
  readonly chain: string
  readonly publicKey: Uint8Array
  /** The whole text, secret included, where this node made it; empty for a shared one of another member. */
  readonly text: string
  readonly expires: number
  readonly uses: number
  readonly shared: boolean
  readonly revoked: boolean
  /** Multikeys of those who were admitted. */
  readonly joiners: readonly Uint8Array[]
}

/** Invitations in the node's store. Every change is synced to disk before it counts. */
export class InvitationStore {
  private readonly store: Store
  private readonly rows: ReturnType<typeof openRows>

  constructor(store: Store) {
    this.store = store
    this.rows = openRows(store)
  }

  async put(record: InvitationRecord): Promise<void> {
    const { id, chain, ...rest } = record
    const value: Uint8Array = encode({ v: 1, ...rest })
    const write: BatchOperation = { type: 'put', sublevel: this.rows, key: `${chain}/${id}`, value }
    await namingFailures(this.store, () => this.store.batch<string, Uint8Array>([write], SYNCED))
  }

  async get(chain: string, id: string): Promise<InvitationRecord | undefined> {
    const bytes = await namingFailures(this.store, () => this.rows.get(`${chain}/${id}`))
    return bytes && decodeRecord(chain, id, bytes)
  }

  async *list(chain: string): AsyncIterable<InvitationRecord> {
    const range = { gte: `${chain}/`, lt: `${chain}/\uffff` }
    const rows = await namingFailures(this.store, () => this.rows.iterator(range).all())
    for (const [key, bytes] of rows) {
      const record = decodeRecord(chain, key.slice(chain.length + 1), bytes)
      if (record !== undefined) yield record
    }
  }

  async forget(chain: string): Promise<void> {
    await namingFailures(this.store, () => this.rows.clear({ gte: `${chain}/`, lt: `${chain}/\uffff` }))
  }
}

export const hasJoined = ({ joiners }: InvitationRecord, joiner: Uint8Array): boolean =>
  joiners.some((known) => equalBytes(known, joiner))

function openRows(store: Store) {
  return store.sublevel<string, Uint8Array>('walytis-invitations', { keyEncoding: 'utf8', valueEncoding: 'view' })
}

function decodeRecord(chain: string, id: string, bytes: Uint8Array): InvitationRecord | undefined {
  const row = decodeCanonical(bytes, 4096 + MAX_INVITATION_USES * (MULTIKEY_BYTES + 4))
  if (!hasFields(row, ['v', 'publicKey', 'text', 'expires', 'uses', 'shared', 'revoked', 'joiners']) || row.v !== 1)
    return undefined
  const { publicKey, text, expires, uses, shared, revoked, joiners } = row
  if (!isBytes(publicKey, ED25519_PUBLIC_KEY_BYTES, ED25519_PUBLIC_KEY_BYTES) || typeof text !== 'string')
    return undefined
  if (!isCount(expires) || !isUses(uses) || typeof shared !== 'boolean' || typeof revoked !== 'boolean')
    return undefined
  if (!Array.isArray(joiners)) return undefined
  return {
    id,
    chain,
    publicKey,
    text,
    expires,
    uses,
    shared,
    revoked,
    joiners: joiners.filter((joiner) => joiner instanceof Uint8Array)
  }
}
