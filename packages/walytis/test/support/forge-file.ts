import type { CID } from 'multiformats/cid'
import { buildBlock } from '../../src/block/build.ts'
import type { SignedBlock, Signer } from '../../src/interface/index.ts'

export interface ForgeFileInit {
  readonly signer: Signer
  readonly genesis: SignedBlock
  /** The signer's block before. */
  readonly prev: SignedBlock | undefined
  /** What the block says of its content, true or not. */
  readonly content: CID
  readonly size: number
}

/** A block that names a larger content, which may not exist. */
export async function forgeFileBlock({ signer, genesis, prev, content, size }: ForgeFileInit): Promise<SignedBlock> {
  const last = prev ?? genesis
  const position = {
    chain: genesis.id,
    parents: [last.id],
    prev: prev?.id ?? null,
    seq: (prev?.seq ?? 0) + 1,
    height: last.height + 1
  }
  return await buildBlock({ position, content: { root: content, size }, topics: [], time: 0 }, signer)
}
