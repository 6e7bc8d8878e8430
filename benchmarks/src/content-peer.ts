/** The other process of the benchmark of larger contents: holds one, and sends as many bytes over a bare stream to whoever asks. */
import { byteStream } from '@libp2p/utils'
import { createWalytis } from 'walytis'
import { contentPieces, rawProtocol } from './content-bytes.ts'
import { local } from './local.ts'
import { say } from './process.ts'

const [folder, bytes] = process.argv.slice(2)
if (folder === undefined) throw new TypeError('a folder is needed')
const size = Number(bytes)
const node = await createWalytis({ ...local, storage: folder })
await node.libp2p.handle(rawProtocol, async (stream) => {
  const out = byteStream(stream)
  for (const piece of contentPieces(size)) await out.write(piece)
  await stream.close()
})
const chain = await node.create({ access: 'public' })
const source = async function* (): AsyncGenerator<Uint8Array> {
  yield* contentPieces(size)
}
await chain.add(source())
say({ kind: 'ready', address: `${node.getMultiaddrs()[0]} ${chain.id}` })
