/** The other process of the benchmark of sealed contents: has sealed some, and sends as many bytes over a bare stream to whoever asks. */
import { randomBytes } from 'node:crypto'
import { byteStream } from '@libp2p/utils'
import { createWalytis } from 'walytis'
import { createGroup, createIdentity, openKeyStore } from 'walytis-identities'
import { privately } from 'walytis-offchain'
import { contentPieces, rawProtocol } from './content-bytes.ts'
import { local } from './local.ts'
import { elapsed, say } from './process.ts'

const [folder, bytes, rounds] = process.argv.slice(2)
if (folder === undefined) throw new TypeError('a folder is needed')
const size = Number(bytes)
const node = await createWalytis({ ...local, storage: folder })
await node.libp2p.handle(rawProtocol, async (stream) => {
  const out = byteStream(stream)
  for (const piece of contentPieces(size)) await out.write(piece)
  await stream.close()
})
const keyStore = await openKeyStore({ storage: node.store, key: randomBytes(32) })
const group = await createGroup(node, keyStore, await createIdentity(node, keyStore), { history: 'shared' })
const chain = await privately(group)
const source = async function* (): AsyncGenerator<Uint8Array> {
  yield* contentPieces(size)
}
const sealing: number[] = []
for (let round = 0; round < Number(rounds); round++) sealing.push(await elapsed(() => chain.add(source())))
say({ kind: 'ready', address: `${node.getMultiaddrs()[0]} ${await group.invite()} ${sealing.join()}` })
