/**
 * Writes `test/fixtures/v1/store.json.gz` anew: a store as this version leaves it, with what it should hold. From the first release on,
 * that file is never written again; a new layout gets a folder of its own, and `compat.spec.ts` reopens them all.
 *
 *     node test/support/write-store-fixture.ts
 *
 * A dump of rows and no LevelDB folder, because the layout of the rows is ours to keep and LevelDB's files are not, and because
 * rows can be put into any `abstract-level` store, a browser's as well. Packed, because one content is a large file.
 */
import { writeFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import type { BaseBlockchain, Block } from '../../src/interface/index.ts'
import { openStore } from '../../src/storage/open-store.ts'
import { createWalytis } from '../../src/walytis.ts'
import { contentDigest, type StoredChain, type StoreFixture } from './store-fixture.ts'
import { encodeVotes, VOTING_POLICY } from './voting-policy.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const init = { listen: ['/ip4/127.0.0.1/tcp/0'], discovery: { mdns: false } }
const store = await openStore(undefined)
const alice = await createWalytis({ ...init, storage: store })
const bob = await createWalytis(init)

const notes = await alice.create({ name: 'notes' })
const invitation = await notes.invite({ uses: 2, expires: new Date(Date.UTC(2100, 0, 1)) })
const copy = await bob.join(invitation)
await notes.add(bytes('first'), { topics: ['greeting'] })
const consumer = await notes.consume('reader', async () => {})
await consumer.drained()
await consumer.close()
await notes.add(bytes(''), { topics: ['empty', 'größe'] })
await notes.add(new Uint8Array(300 * 1024), { topics: ['large'] })
await notes.sync()
await copy.add(bytes('from bob'), { topics: ['greeting', 'bob'] })
await copy.sync()
// both at once: two heads for a moment, and a block above both
await Promise.all([notes.add(bytes('left')), copy.add(bytes('right'))])
await copy.sync()
await notes.add(bytes('both'))
await notes.invite({ shared: true, expires: new Date(Date.UTC(2100, 0, 1)) })
await notes.sync()

const votes = await alice.create({ access: 'public', policy: VOTING_POLICY })
await votes.add(bytes('in doubt'), { topics: ['target'] })
await votes.add(encodeVotes({ revoke: ['target'] }), { topics: ['vote'] })
await votes.add(bytes('unharmed'), { topics: ['other'] })

const fixture: Omit<StoreFixture, 'rows'> = {
  peer: alice.peerId.toString(),
  invitation: invitation.toString(),
  notes: await chainOf(notes),
  votes: await chainOf(votes)
}
await bob.stop()
await alice.stop()
const rows: [string, string][] = []
for await (const [key, value] of store.iterator({ keyEncoding: 'buffer', valueEncoding: 'buffer' })) {
  rows.push([Buffer.from(key).toString('base64'), Buffer.from(value).toString('base64')])
}
await store.close()
const packed = gzipSync(JSON.stringify({ ...fixture, rows }), { level: 9 })
await writeFile(new URL('../fixtures/v1/store.json.gz', import.meta.url), packed)
process.stdout.write(`${rows.length} rows, ${packed.length} bytes\n`)

async function chainOf(chain: BaseBlockchain): Promise<StoredChain> {
  const blocks = []
  for await (const { block, revoked } of chain.records()) {
    if (block.chain !== null) blocks.push(await blockOf(await chain.get(block.id), revoked))
  }
  const arrived: string[] = []
  for await (const { id } of chain.blocks({ order: 'arrival' })) arrived.push(id.toString())
  return { id: chain.id, blocks, arrived, heads: (await chain.heads()).map(String) }
}

async function blockOf(block: Block, revoked: boolean): Promise<StoredChain['blocks'][number]> {
  const { id, height, author, seq, topics, size, time } = block
  const content = contentDigest(await block.content())
  return { id: id.toString(), height, author, seq, topics, size, time: time.getTime(), revoked, content }
}
