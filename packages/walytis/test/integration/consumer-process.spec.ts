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

  let next = 0
  for (const [limit, failing] of [
    [1, ''],
    [13, '5'],
    [9, '0'],
    [BLOCKS, '2']
  ] as const) {
    const heard = await consume(folder.path, chain.id, failing, Math.min(limit, BLOCKS - next))
    // each that was handled comes once; the one whose handler was at work when the process was killed comes again
    expect(heard).toEqual(heard.map((_, index) => next + index))
    next = heard.at(-1) ?? next
  }
  expect(next).toBe(BLOCKS - 1)
})

/** The changes that a new process was given: it is killed in the midst of the last. */
async function consume(folder: string, chain: string, failing: string, count: number): Promise<number[]> {
  const child = spawn(process.execPath, [SCRIPT, folder, chain, failing], { stdio: ['pipe', 'pipe', 'inherit'] })
  try {
    const heard: number[] = []
    for await (const line of createInterface({ input: child.stdout })) {
      heard.push(Number(line.replace(/^block /, '')))
      if (heard.length === count) child.kill('SIGKILL')
      else child.stdin.write('go on\n')
    }
    if (child.signalCode === null && child.exitCode === null) await once(child, 'exit')
    expect(child.signalCode).toBe('SIGKILL')
    return heard
  } finally {
    child.kill('SIGKILL')
  }
}
