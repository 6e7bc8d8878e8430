import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createWalytis } from 'walytis'
import type { Block, Blockchain, Walytis } from 'walytis/interface'

/** Two nodes with the same chain, connected over loopback, each with a folder of its own. */
export interface Pair extends AsyncDisposable {
  alice: Blockchain
  bob: Blockchain
  readonly nodes: { readonly alice: Walytis; readonly bob: Walytis }
  readonly folder: string
}

export async function openPair(): Promise<Pair> {
  const folder = await mkdtemp(join(tmpdir(), 'mutability-'))
  const open = async (name: string): Promise<Walytis> =>
    await createWalytis({ storage: join(folder, name), listen: ['/ip4/127.0.0.1/tcp/0'], discovery: { mdns: false } })
  const nodes = { alice: await open('alice'), bob: await open('bob') }
  const alice = await nodes.alice.create({ name: 'notes' })
  const bob = await nodes.bob.join(await alice.invite())
  return {
    alice,
    bob,
    nodes,
    folder,
    [Symbol.asyncDispose]: async () => {
      await Promise.all([nodes.alice.stop(), nodes.bob.stop()])
      await rm(folder, { recursive: true, force: true })
    }
  }
}

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

export async function textOf(block: Pick<Block, 'content'>): Promise<string> {
  return new TextDecoder().decode(await block.content())
}

export async function textsOf(blocks: AsyncIterable<Block>): Promise<string[]> {
  const texts: string[] = []
  for await (const block of blocks) texts.push(await textOf(block))
  return texts
}
