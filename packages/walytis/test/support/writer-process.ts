/**
 * A process that writes blocks as fast as it can, and says after each `add` that has resolved which one it was. It is killed
 * by the test that starts it.
 *
 * Arguments: folder, name of the run.
 */
import { createWalytis } from '../../src/walytis.ts'

const [folder, run] = process.argv.slice(2)
if (folder === undefined || run === undefined) throw new TypeError('a folder and a name are needed')
const node = await createWalytis({ storage: folder, listen: [], discovery: { mdns: false } })
let chain: Awaited<ReturnType<typeof node.create>> | undefined
for await (const { id } of node.list()) chain = await node.open(id)
chain ??= await node.create()
process.stdout.write(`chain ${chain.id}\n`)
for (let i = 0; ; i++) {
  const block = await chain.add(new TextEncoder().encode(`${run} ${i}`))
  process.stdout.write(`added ${block.id}\n`)
}
