import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, it } from 'vitest'
import { temporaryFolder } from '../support/local-chains.ts'
import { bytes, TestNodes } from '../support/nodes.ts'

const SCRIPT = fileURLToPath(new URL('../support/consumer-process.ts', import.meta.url))
const BLOCKS = 40
const nodes = new TestNodes()

afterEach(() => nodes.stop())

it('F1 a consumer that is killed goes on where its handler last succeeded, again and again', {
  timeout: 120_000
}, async () => {
  await using folder = await temporaryFolder()
  const node = await nodes.start({ storage: folder.path, listen: [] })
  const chain = await node.create()
  for (let index = 0; index < BLOCKS; index++) await chain.add(bytes(`${index}`))
  await nodes.stop()

  const runs: number[][] = []
  for (const [limit, failing] of [
    [1, ''],
    [13, '5'],
    [9, '0'],
    [BLOCKS, '2']
  ] as const) {
    const run = await consumeUntil(folder.path, chain.id, failing, (heard) => {
      return heard.length === limit || heard.at(-1) === BLOCKS - 1
    })
    runs.push(run)
  }
  expect(runs.at(-1)?.at(-1)).toBe(BLOCKS - 1)
  let next = 0
  for (const run of runs) {
    // at most the change whose success was not yet noted comes again, and none is left out
    expect(next - (run[0] ?? -1)).toBeLessThanOrEqual(next === 0 ? 0 : 1)
    expect(run[0]).toBeLessThanOrEqual(next)
    expect(run).toEqual(run.map((_, index) => (run[0] ?? 0) + index))
    next = (run.at(-1) ?? 0) + 1
  }
})

/** The changes that a new process heard of before it was killed. */
async function consumeUntil(
  folder: string,
  chain: string,
  failing: string,
  isEnough: (heard: readonly number[]) => boolean
): Promise<number[]> {
  const child = spawn(process.execPath, [SCRIPT, folder, chain, failing], { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    const heard: number[] = []
    for await (const line of createInterface({ input: child.stdout })) {
      heard.push(Number(line.replace(/^block /, '')))
      if (isEnough(heard)) child.kill('SIGKILL')
    }
    if (child.signalCode === null && child.exitCode === null) await once(child, 'exit')
    expect(child.signalCode).toBe('SIGKILL')
    return heard
  } finally {
    child.kill('SIGKILL')
  }
}
