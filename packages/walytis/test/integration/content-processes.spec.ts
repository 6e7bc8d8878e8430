import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { createInterface, type Interface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../support/local-chains.ts'

const SCRIPT = fileURLToPath(new URL('../support/content-process.ts', import.meta.url))
const MEBIBYTE = 1024 * 1024
const LARGE = 64 * MEBIBYTE
const MEDIUM = 24 * MEBIBYTE
/** What a process may hold more than before while the content goes through it: a window and a few batches, half of the content. */
const HELD_AT_MOST = LARGE / 2

/** A port that was free a moment ago: a node that comes back must be found where it was. */
async function freePort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? String(address.port) : '0'
}

/** A process, and what it has said so far. */
class Speaker {
  readonly child: ChildProcess
  readonly #lines: AsyncIterableIterator<string>
  readonly said: (readonly [word: string, value: string])[] = []

  constructor(args: string[]) {
    // far too little for the content
    const flags = ['--expose-gc', '--max-old-space-size=96']
    this.child = spawn(process.execPath, [...flags, SCRIPT, ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
    const lines: Interface = createInterface({ input: this.child.stdout as NodeJS.ReadableStream })
    this.#lines = lines[Symbol.asyncIterator]()
  }

  /** The value of the next line with this word, for which the value is right. */
  async until(word: string, isRight: (value: string) => boolean = () => true): Promise<string> {
    for (let next = await this.#lines.next(); next.done !== true; next = await this.#lines.next()) {
      const [said = '', value = ''] = next.value.split(' ')
      this.said.push([said, value])
      if (said === word && isRight(value)) return value
    }
    throw new RangeError(`the process ended without ${word}, with ${this.child.exitCode ?? this.child.signalCode}`)
  }

  /** Bytes of memory that it needed for what it did. */
  get held(): number {
    return Number(this.values('held')[0]) - Number(this.values('idle')[0])
  }

  values(word: string): string[] {
    return this.said.filter(([said]) => said === word).map(([, value]) => value)
  }

  /** Hear it out. */
  async ended(): Promise<void> {
    await expect(this.until('an end')).rejects.toThrow('ended')
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'exit')
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    const ended = once(this.child, 'exit')
    this.child.kill('SIGKILL')
    await ended
  }
}

describe('larger content between processes', () => {
  const speakers: Speaker[] = []
  let alices: Awaited<ReturnType<typeof temporaryFolder>>
  let bobs: Awaited<ReturnType<typeof temporaryFolder>>
  let port: string

  beforeEach(async () => {
    alices = await temporaryFolder()
    bobs = await temporaryFolder()
    port = await freePort()
  })

  afterEach(async () => {
    await Promise.all(speakers.splice(0).map((speaker) => speaker.kill()))
    await alices[Symbol.asyncDispose]()
    await bobs[Symbol.asyncDispose]()
  })

  function start(...args: string[]): Speaker {
    const speaker = new Speaker(args)
    speakers.push(speaker)
    return speaker
  }

  async function startAlice(size: number): Promise<{ alice: Speaker; hash: string; invitation: string }> {
    const alice = start('write', alices.path, port, String(size))
    const hash = await alice.until('hash')
    const invitation = await alice.until('invitation')
    await alice.until('ready')
    return { alice, hash, invitation }
  }

  it('goes through both in constant memory: in, out, over the wire and onto the disk', {
    timeout: 120_000
  }, async () => {
    const { alice, hash, invitation } = await startAlice(LARGE)
    expect(alice.held).toBeLessThan(HELD_AT_MOST)
    const bob = start('read', bobs.path, '0', invitation)
    expect(await bob.until('hash')).toBe(hash)
    await bob.until('held')
    expect(bob.held).toBeLessThan(HELD_AT_MOST)
  })

  it('F1 goes on where it was when either is killed on the way', { timeout: 180_000 }, async () => {
    const { alice, hash, invitation } = await startAlice(MEDIUM)
    const first = start('read', bobs.path, '0', invitation, String(4 * MEBIBYTE), 'die')
    await first.ended()
    expect(first.child.signalCode).toBe('SIGKILL')
    const before = Math.max(...first.values('progress').map(Number))
    expect(before).toBeGreaterThanOrEqual(4 * MEBIBYTE)

    // what may be under way when Alice dies is less than what is left, so Bob needs her again
    const second = start('read', bobs.path, '0', invitation, String(12 * MEBIBYTE), 'wait')
    expect(await second.until('available')).toBe('false')
    // what was checked and synced is not fetched again
    expect(Number(await second.until('progress'))).toBeGreaterThan(before)
    await second.until('progress', (value) => Number(value) >= 12 * MEBIBYTE)
    await alice.kill()
    second.child.stdin?.write('go on')
    const again = start('write', alices.path, port, String(MEDIUM))
    await again.until('ready')
    expect(await second.until('hash')).toBe(hash)
    expect(await second.until('available')).toBe('true')
    const received = second.values('progress').map(Number)
    expect(received).toEqual([...received].sort((a, b) => a - b))
  })
})
