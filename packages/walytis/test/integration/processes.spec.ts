import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { alice } from '../../src/testing/actors.ts'
import { audit, killRepeatedly, type Ledger } from '../simulation/kills.ts'
import { soak } from '../simulation/soak.ts'
import { NOBODY, openLocalNode, temporaryFolder } from '../support/local-chains.ts'
import { bytes, TestNodes } from '../support/nodes.ts'

const script = (name: string): string => fileURLToPath(new URL(`../support/${name}`, import.meta.url))

describe('real processes', () => {
  // beside the others, which leave the machine to it most of the time
  const soaking = soak({ minutes: 1, blocks: 100 })
  soaking.catch(() => {})
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

  it('F1 a process killed twenty times while it writes keeps all that it said was written, and uses no seq twice', {
    timeout: 180_000
  }, async () => {
    const { written, lost, wrong } = await killRepeatedly(20)
    expect(written).toBeGreaterThan(200)
    expect(wrong).toEqual([])
    expect(lost).toBe(0)
  })

  it('F3 a full disk stops writing with a clear error, and what was written is there once there is room', async () => {
    await using folder = await temporaryFolder()
    const ledger: Ledger = { folder: folder.path, kind: 'store', chain: '', acknowledged: new Map() }
    // no file may grow beyond 300 KiB
    const command = `ulimit -f 300; exec "$0" "$@"`
    const args = ['-c', command, process.execPath, script('writer-process.ts'), folder.path, 'full', 'store']
    const child = spawn('bash', args, { stdio: ['ignore', 'pipe', 'inherit'] })
    children.push(child)
    const failures: string[] = []
    for await (const line of createInterface({ input: child.stdout })) {
      const [word, id = '', seq = ''] = line.split(' ')
      if (word === 'chain') ledger.chain = id
      else if (word === 'added') ledger.acknowledged.set(id, { id, seq: Number(seq) })
      else failures.push(line)
    }
    expect(failures).toEqual(Array.from({ length: 3 }, () => 'failed StoreFailedError LEVEL_IO_ERROR'))
    expect(ledger.acknowledged.size).toBeGreaterThan(10)
    expect(await audit(ledger)).toEqual({ lost: 0, wrong: [] })
    const again = await openLocalNode(folder.path)
    const chain = await again.chains.open(ledger.chain, { signer: alice.signer, accessControl: NOBODY })
    await chain.blockchain.add(bytes('and goes on'))
    await again.stop()
  })

  it('ends by itself once its nodes are stopped', { timeout: 60_000 }, async () => {
    await using folder = await temporaryFolder()
    const child = start('short-process.ts', [folder.path])
    const lines: string[] = []
    for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) lines.push(line)
    if (child.exitCode === null) await once(child, 'exit')
    expect(child.exitCode).toBe(0)
    expect(JSON.parse(lines[0] ?? '')).toEqual({ level: true, left: [] })
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

  it('an address that is none is named', async () => {
    const failing = nodes.start({ listen: ['/ip4/127.0.0.1/tcp/port'] })
    await expect(failing).rejects.toMatchObject({
      name: 'InvalidArgumentError',
      message: expect.stringContaining('/ip4/127.0.0.1/tcp/port')
    })
  })

  it('F18 a folder that another process holds is left alone, and the error says what to do', async () => {
    await using folder = await temporaryFolder()
    const child = start('writer-process.ts', [folder.path, 'first', 'store'])
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]()
    expect((await lines.next()).value).toMatch(/^chain /)
    await expect(nodes.start({ storage: folder.path, listen: [] })).rejects.toMatchObject({
      name: 'StoreLockedError',
      message: expect.stringContaining('stop that one or choose another folder')
    })
    // the other has not noticed
    expect((await lines.next()).value).toMatch(/^added /)
    expect(child.exitCode).toBeNull()
  })

  it('F18 a folder that another node holds is named in a clear error', async () => {
    await using folder = await temporaryFolder()
    await nodes.start({ storage: folder.path })
    await expect(nodes.start({ storage: folder.path })).rejects.toMatchObject({ name: 'StoreLockedError' })
  })

  it('R35 fifty chains idle for a minute, with some writing in between, cost next to nothing and do not grow', {
    timeout: 240_000
  }, async () => {
    const stretches = await soaking
    for (const { name, cpu, growth } of stretches.filter(({ name }) => name.startsWith('idle'))) {
      expect(growth, name).toBeLessThan(10 * 1024 * 1024)
      expect(cpu, name).toBeLessThan(2)
    }
    expect(stretches).toHaveLength(3)
  })
})
