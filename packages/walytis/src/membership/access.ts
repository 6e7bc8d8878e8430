import { sha256 } from '@noble/hashes/sha2.js'
import { PUBLIC_ACCESS_DOMAIN } from '../domains.ts'
import { InvalidArgumentError } from '../errors.ts'
import type { AccessControl, BatchOperation, BlockId, ChainSettings, Store } from '../interface/index.ts'
import { namingFailures } from '../storage/open-store.ts'

/** Bytes of the key that plain chains' members share. */
export const ACCESS_KEY_BYTES = 32

/** Access by one key: whoever shows that it holds the key (by the tags of sync) may hold the chain. */
export function createStaticAccess(key: Uint8Array): AccessControl {
  return {
    keys: async () => [key],
    // a peer is only asked about once its tag has shown that it holds the key
    authorize: async () => {},
    permits: () => true
  }
}

/** The key of a public chain: whoever knows the id has it. */
export function publicAccessKey(chain: BlockId): Uint8Array {
  return sha256.create().update(PUBLIC_ACCESS_DOMAIN).update(chain.bytes).digest()
}

/** The access keys of the chains by invitation that this node holds. They are stored in clear, like the chains themselves. */
export class AccessKeys {
  private readonly store: Store
  private readonly rows: ReturnType<typeof openRows>

  constructor(store: Store) {
    this.store = store
    this.rows = openRows(store)
  }

  get(chain: string): Promise<Uint8Array | undefined> {
    return namingFailures(this.store, () => this.rows.get(chain))
  }

  /**
   * The access control of a chain that is held here.
   *
   * @throws {InvalidArgumentError} when a layer above decides about the chain
   */
  async accessTo(chain: BlockId, { access }: ChainSettings): Promise<AccessControl> {
    if (access === 'public') return createStaticAccess(publicAccessKey(chain))
    const key = access === 'invite' ? await this.get(chain.toString()) : undefined
    if (key === undefined)
      throw new InvalidArgumentError('access control', 'a layer above decides about this chain, and has to be given')
    return createStaticAccess(key)
  }

  /** To be written in the same batch as the chain. */
  put(chain: string, key: Uint8Array): BatchOperation {
    return { type: 'put', sublevel: this.rows, key: chain, value: key }
  }

  async forget(chain: string): Promise<void> {
    await namingFailures(this.store, () => this.rows.del(chain))
  }
}

function openRows(store: Store) {
  return store.sublevel<string, Uint8Array>('walytis-access', { keyEncoding: 'utf8', valueEncoding: 'view' })
}
