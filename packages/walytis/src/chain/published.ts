import type { CID } from 'multiformats/cid'
import { isBlockId } from '../block/id.ts'
import type { Chain } from './chain.ts'

/** What a public chain shows to IPFS under a CID: replicated blocks, and contents. Nothing of any other chain. */
export async function findPublished(chain: Chain, cid: CID): Promise<Uint8Array | undefined> {
  if (!chain.state.isPublic) return undefined
  if (!isBlockId(cid)) return await chain.files.published(cid)
  const stored = await chain.components.store.get(cid)
  return stored?.replicated === true ? stored.block.bytes : undefined
}
