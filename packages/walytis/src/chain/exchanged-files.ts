import { MAX_CONTENT_BYTES, MAX_FILE_BYTES } from '../constants.ts'
import { isWhole, nameOf } from '../content/files.ts'
import { placeAt, shapeOf } from '../content/shape.ts'
import { NotFoundError } from '../errors.ts'
import type { BlockId, SignedBlock } from '../interface/index.ts'
import type { ExchangedFiles, FileReference } from '../replica.ts'
import { INDEX, idAtEnd, lackingKey } from '../storage/indexes.ts'
import type { Chain } from './chain.ts'
import type { Transaction } from './transaction.ts'

/** A chain's larger contents as their exchange with peers sees them. */
export function exchangedFiles(chain: Chain): ExchangedFiles {
  const { files, components } = chain
  const { store } = components
  return {
    of: async (id) => {
      const stored = await store.get(id)
      if (stored === undefined || !isFile(stored.block)) return undefined
      return { reference: referenceOf(stored.block), replicated: stored.replicated }
    },
    progress: (reference) => files.find(reference),
    read: async (reference, position) => {
      const file = await files.find(reference)
      if (file === undefined) throw new NotFoundError('content', reference.root.toString())
      const node = await files.node(reference, file, placeAt(shapeOf(reference.size), position))
      if (node === undefined) throw store.damaged()
      return node
    },
    append: (reference, position, nodes) => files.append(reference, position, nodes),
    refuse: (reference) => files.refuse(reference),
    complete: (reference) => complete(chain, reference),
    lacking: async function* () {
      for await (const [key] of store.scan(Uint8Array.of(INDEX.lacking))) yield idAtEnd(key)
    }
  }
}

/** Make a content whose nodes are all stored count, and with it, in one batch, all blocks that lack it. */
async function complete(chain: Chain, reference: FileReference): Promise<void> {
  const { files } = chain
  await chain.writer.run(async (transaction) => {
    const file = await files.find(reference)
    if (file === undefined || isWhole(file)) return
    for (const id of await lackingBlocks(reference, transaction)) {
      const key = lackingKey(reference, id)
      transaction.writes.push({ type: 'del', sublevel: transaction.store.rows, key })
      transaction.update(await transaction.need(id), { lacking: false })
      transaction.completed.push(id)
    }
    transaction.files.add(nameOf(reference))
    transaction.writes.push(files.whole(reference, file.number))
  })
  files.changed(reference)
}

/** Known blocks that lack a content, those of the same transaction included. */
async function lackingBlocks(reference: FileReference, { store, added }: Transaction): Promise<BlockId[]> {
  const ids: BlockId[] = []
  for await (const [key] of store.scan(lackingKey(reference))) ids.push(idAtEnd(key))
  const fresh = added.filter(({ block, lacking }) => lacking && nameOf(referenceOf(block)) === nameOf(reference))
  return [...ids, ...fresh.map(({ block }) => block.id)]
}

function referenceOf({ content: root, size }: SignedBlock): FileReference {
  return { root, size }
}

function isFile({ size }: SignedBlock): boolean {
  return size > MAX_CONTENT_BYTES && size <= MAX_FILE_BYTES
}
