import { importFile } from 'ipfs-unixfs-importer'
import { fixedSize } from 'ipfs-unixfs-importer/chunker'
import { balanced } from 'ipfs-unixfs-importer/layout'
import { CID } from 'multiformats/cid'

/** A UnixFS file as others make it: with whatever leaves and fan-out they like. */
export interface MadeFile {
  readonly root: CID
  readonly nodes: ReadonlyMap<string, Uint8Array>
}

export async function makeFile(
  content: Uint8Array,
  { leaf = 256 * 1024, fanout = 1024 }: { leaf?: number; fanout?: number } = {}
): Promise<MadeFile> {
  const nodes = new Map<string, Uint8Array>()
  const sink = {
    put: async (cid: CID, bytes: unknown): Promise<CID> => {
      if (!(bytes instanceof Uint8Array)) throw new TypeError('bytes expected')
      nodes.set(cid.toString(), bytes)
      return cid
    }
  }
  const { cid } = await importFile({ content }, sink, {
    rawLeaves: true,
    cidVersion: 1,
    chunker: fixedSize({ chunkSize: leaf }),
    layout: balanced({ maxChildrenPerNode: fanout })
  })
  return { root: CID.decode(cid.bytes), nodes }
}
