import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseBlockId } from '../../src/block/id.ts'
import { alice } from '../../src/testing/actors.ts'
import { all, NOBODY, openLocalNode, temporaryFolder } from '../support/local-chains.ts'

const WRITER = fileURLToPath(new URL('../support/writer-process.ts', import.meta.url))

/** A block that a process has said to be written. */
export interface Acknowledged {
  readonly id: string
  readonly seq: number
}

/** All that a folder's writers have said so far. */
export interface Ledger {
  readonly folder: string
  readonly kind: 'node' | 'store'
  chain: string
  readonly acknowledged: Map<string, Acknowledged>
}

export interface KillsOutcome {
  readonly written: number
  readonly lost: number
  /** In words; none when all is well. */
  readonly wrong: string[]
}

/** Every so many kills, all of a node is killed and not its chains alone, which start faster. */
const NODE_EVERY = 10
/** Acknowledgements after which the process is killed, one after the other. */
const LIMITS = [5, 40, 1, 25, 0, 90, 3, 12]

/** Kill a process that writes so many times, always over what the one before has left, and look each time at what is on the disk. */
export async function killRepeatedly(
  times: number,
  progress: (done: number) => void = () => {}
): Promise<KillsOutcome> {
  await using node = await temporaryFolder()
  await using store = await temporaryFolder()
  const ledgers: readonly [Ledger, Ledger] = [
    { folder: node.path, kind: 'node', chain: '', acknowledged: new Map() },
    { folder: store.path, kind: 'store', chain: '', acknowledged: new Map() }
  ]
  const wrong: string[] = []
  let lost = 0
  for (let i = 0; i < times; i++) {
    const ledger = ledgers[i % NODE_EVERY === 0 ? 0 : 1]
    await killOnce(ledger, String(i), LIMITS[i % LIMITS.length] ?? 1)
    const found = await audit(ledger)
    lost += found.lost
    wrong.push(...found.wrong.map((complaint) => `after kill ${i} of the ${ledger.kind}: ${complaint}`))
    progress(i + 1)
  }
  return { written: ledgers[0].acknowledged.size + ledgers[1].acknowledged.size, lost, wrong }
}

async function killOnce(ledger: Ledger, run: string, limit: number): Promise<void> {
  const child = spawn(process.execPath, [WRITER, ledger.folder, run, ledger.kind], {
    stdio: ['ignore', 'pipe', 'inherit']
  })
  const ended = once(child, 'exit')
  let count = 0
  for await (const line of createInterface({ input: child.stdout })) {
    const [word, id = '', seq = ''] = line.split(' ')
    if (word === 'chain') ledger.chain = id
    // a line that death cut off has no seq
    else if (word === 'added' && seq !== '') {
      ledger.acknowledged.set(id, { id, seq: Number(seq) })
      count++
    }
    if (count >= limit) kill(child)
  }
  await ended
}

function kill(child: ChildProcess): void {
  if (!child.killed) child.kill('SIGKILL')
}

/** What is on the disk, against what was said; looks at every block that is there. */
export async function audit({ folder, chain, acknowledged }: Ledger): Promise<{ lost: number; wrong: string[] }> {
  const node = await openLocalNode(folder)
  const wrong: string[] = []
  let lost = 0
  try {
    const { blockchain } = await node.chains.open(chain, { signer: alice.signer, accessControl: NOBODY })
    for (const { id } of acknowledged.values()) if (!(await blockchain.has(parseBlockId(id)))) lost++
    const seqs = new Set([...acknowledged.values()].map(({ seq }) => seq))
    if (seqs.size < acknowledged.size) wrong.push('a seq was used twice')
    const blocks = await all(blockchain.blocks())
    for (const block of blocks)
      if ((await block.content()).length !== block.size) wrong.push(`${block.id} is not whole`)
    const arrivals = await all(blockchain.blocks({ order: 'arrival' }))
    const counts = [blocks.length, arrivals.length, await blockchain.count()]
    if (new Set(counts).size > 1) wrong.push(`indexes disagree: ${counts.join(' ')}`)
    if ((await all(blockchain.forks())).length > 0) wrong.push('it has forked')
  } finally {
    await node.stop()
  }
  return { lost, wrong }
}
