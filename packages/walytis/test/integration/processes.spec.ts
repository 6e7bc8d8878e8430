import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../support/local-chains.ts'
import { bytes, TestNodes } from '../support/nodes.ts'

const script = (name: string): string => fileURLToPath(new URL(`../support/${name}`, import.meta.url))

describe('real processes', () => {
  const nodes = new TestNodes()
  const children: ChildProcess[] = []

  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL')
    await nodes.stop()
  })

  function start(name: string, args: string[]): ChildProcess {
    const child = spawn(process.execPath, [script(name), ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
    children.push(child)
    return child
  }

  it('F1 a node killed while it writes has all that it said was written, again and again', {
    timeout: 120_000
  }, async () => {
    await using folder = await temporaryFolder()
    const acknowledged = new Set<string>()
    let chain = ''
    for (const [run, limit] of [5, 40, 1, 25].entries()) {
      const child = start('writer-process.ts', [folder.path, String(run)])
      let count = 0
      for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
        const [word, id = ''] = line.split(' ')
        if (word === 'chain') chain = id
        else acknowledged.add(id)
        if (word === 'added' && ++count === limit) child.kill('SIGKILL')
      }
      expect(count).toBeGreaterThanOrEqual(limit)
      if (child.signalCode === null && child.exitCode === null) await once(child, 'exit')
      expect(child.signalCode).toBe('SIGKILL')
    }
    const node = await nodes.start({ storage: folder.path, listen: [] })
    const reopened = await node.open(chain)
    for (const id of acknowledged) expect(await reopened.has(id), id).toBe(true)
    expect(await reopened.count()).toBeGreaterThanOrEqual(acknowledged.size)
    await reopened.add(bytes('and goes on'))
  })

  it('ends by itself once its nodes are stopped', { timeout: 60_000 }, async () => {
    await using folder = await temporaryFolder()
    const child = start('short-process.ts', [folder.path])
    const lines: string[] = []
    for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) lines.push(line)
    if (child.exitCode === null) await once(child, 'exit')
    expect(child.exitCode).toBe(0)
    const [level, stopped] = (lines[0] ?? '').split(' ')
    expect(level).toBe('true')
    // nothing keeps the event loop alive
    expect(Number(lines[1]) - Number(stopped)).toBeLessThan(2_000)
  })

  it('a port in use is named in a clear error, and leaves nothing behind', async () => {
    await using folder = await temporaryFolder()
    const first = await nodes.start()
    const [, , , , port] = String(first.getMultiaddrs()[0]).split('/')
    const address = `/ip4/127.0.0.1/tcp/${port}`
    const failing = nodes.start({ storage: folder.path, listen: [address] })
    await expect(failing).rejects.toMatchObject({
      name: 'ListenError',
      addresses: [address],
      message: expect.stringContaining(address)
    })
    // the store was closed again
    await nodes.start({ storage: folder.path })
  })

  it('F18 a folder that another node holds is named in a clear error', async () => {
    await using folder = await temporaryFolder()
    await nodes.start({ storage: folder.path })
    await expect(nodes.start({ storage: folder.path })).rejects.toMatchObject({ name: 'StoreLockedError' })
  })
})
