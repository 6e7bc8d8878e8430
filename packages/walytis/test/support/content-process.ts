/**
 * A process that holds a chain with one large content, or fetches it. It is killed, or stopped, by the test that starts it.
 *
 * Arguments: role, folder, port, then for `write` the bytes of content, and for `read` an invitation, the bytes after which it stops, and how:
 * `die`, or `wait` until something comes on standard input.
 * Says on standard output: `invitation TEXT`, `block ID`, `progress BYTES`, `hash HEX`, and `idle BYTES` and `held BYTES`: what
 * it has in memory before and at most.
 */
import { createHash } from 'node:crypto'
import { readSync } from 'node:fs'
import type { BaseBlockchain, Block } from '../../src/interface/index.ts'
import { createWalytis } from '../../src/walytis.ts'

const PIECE = 64 * 1024
/** Memory is looked at each time that so many bytes went by. */
const MEASURED = 8 * 1024 * 1024
const [role, folder, port, given, stopAt, stopHow] = process.argv.slice(2)
if (role === undefined || folder === undefined || given === undefined) throw new TypeError('arguments are missing')

const say = (word: string, value: unknown): void => void process.stdout.write(`${word} ${value}\n`)
const listen = [`/ip4/127.0.0.1/tcp/${port}`]
const node = await createWalytis({ storage: folder, listen, discovery: { mdns: false } })

/** Bytes of memory in use after everything that can be thrown away was. */
let held = 0
function measure(): void {
  globalThis.gc?.()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  held = Math.max(held, heapUsed + arrayBuffers)
}

/** Each piece differs, and so does each leaf. */
function pieceAt(start: number, size: number): Uint8Array {
  const piece = new Uint8Array(Math.min(PIECE, size - start))
  new DataView(piece.buffer).setUint32(0, start)
  return piece
}

function hashOfPieces(size: number): string {
  const hash = createHash('sha256')
  for (let start = 0; start < size; start += PIECE) hash.update(pieceAt(start, size))
  return hash.digest('hex')
}

async function* pieces(size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < size; start += PIECE) {
    const piece = pieceAt(start, size)
    if (start > 0 && start % MEASURED === 0) measure()
    yield piece
  }
}

async function hashOf(source: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256')
  let count = 0
  for await (const piece of source) {
    hash.update(piece)
    count += piece.length
    if (count % MEASURED === 0) measure()
  }
  return hash.digest('hex')
}

measure()
say('idle', held)

async function write(size: number): Promise<void> {
  let chain: BaseBlockchain | undefined
  for await (const { id } of node.list()) chain = await node.open(id)
  if (chain === undefined) {
    chain = await node.create()
    const block = await chain.add(pieces(size))
    say('block', block.id)
    say('hash', hashOfPieces(size))
    say('invitation', await chain.invite({ uses: 10 }))
  }
  say('held', held)
  say('ready', node.peerId)
}

async function read(invitation: string): Promise<void> {
  let chain: BaseBlockchain | undefined
  for await (const { id } of node.list()) chain = await node.open(id)
  chain ??= await node.join(invitation)
  let block: Block | undefined
  for await (const one of chain.blocks()) block = one
  if (block === undefined) throw new RangeError('the chain has no block')
  say('available', block.available)
  let hasStopped = stopAt === undefined
  const onProgress = ({ detail: { received } }: { detail: { received: number } }): void => {
    say('progress', received)
    if (hasStopped || received < Number(stopAt)) return
    hasStopped = true
    if (stopHow === 'die') process.kill(process.pid, 'SIGKILL')
    // the whole process stands still, its connections too
    else readSync(0, new Uint8Array(1))
  }
  say('hash', await hashOf(block.stream({ onProgress })))
  say('available', (await chain.get(block.id)).available)
  say('held', held)
  await node.stop()
}

await (role === 'write' ? write(Number(given)) : read(given))
