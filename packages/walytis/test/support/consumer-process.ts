/**
 * A process that consumes a chain under the name `reader`. Its handler says which change it was given, and succeeds when it is told to
 * go on by a line of input. It is killed by the test that starts it.
 *
 * Arguments: folder, id of the chain, number of a change (counted from 1 in this process) after which its handler fails once.
 */
import { createInterface } from 'node:readline'
import { createWalytis } from '../../src/walytis.ts'

const [folder, id, failing] = process.argv.slice(2)
if (folder === undefined || id === undefined) throw new TypeError('a folder and a chain are needed')
const node = await createWalytis({ storage: folder, listen: [], discovery: { mdns: false } })
const chain = await node.open(id)
const goAhead = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
let handled = 0
let hasFailed = false
await chain.consume('reader', async ({ kind, block }) => {
  if (handled === Number(failing) && !hasFailed) {
    hasFailed = true
    throw new RangeError('once')
  }
  process.stdout.write(`${kind} ${new TextDecoder().decode(await block.content())}\n`)
  await goAhead.next()
  handled++
})
