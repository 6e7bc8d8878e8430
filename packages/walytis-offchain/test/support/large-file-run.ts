import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** The program of a member, as it stands. */
export const MEMBER = fileURLToPath(new URL('member-process.ts', import.meta.url))

/** What a run of processes that move one large file has shown. */
export interface LargeFileRun {
  /** SHA-256 of the file, and of what each that fetched it has read. */
  readonly hashes: { readonly written: string; readonly bob: string; readonly carol: string }
  /** Milliseconds that sealing took, and fetching by who was not interrupted. */
  readonly sealed: number
  readonly fetched: number
  /** Bytes that Bob said to have when he was killed, and first of all when he was back. */
  readonly bob: { readonly killedAt: number; readonly resumedAt: number }
  /** The same, when it was Alice that was killed. */
  readonly alice: { readonly killedAt: number; readonly resumedAt: number }
  /** Windows that Alice gave, all her lives together: how often something was sent twice. */
  readonly windowsSent: number
  /** The most resident memory of each process, in KiB. */
  readonly peaks: { readonly [process: string]: number }
}

/** A process and its lines. */
class Member {
  readonly #name: string
  readonly #child: ChildProcess
  readonly #said: string[][] = []
  readonly #waiting = new Set<() => void>()
  readonly #ended: Promise<void>
  #hasEnded = false

  constructor(name: string, script: string, args: readonly string[]) {
    this.#name = name
    // Little room for garbage: what Node sets aside by itself is more than half of what a node needs.
    const flags = [
      '--max-semi-space-size=1',
      '--max-old-space-size=96',
      '--conditions=source',
      '--disable-warning=ExperimentalWarning'
    ]
    const env = { ...process.env, MALLOC_ARENA_MAX: '2' }
    this.#child = spawn(process.execPath, [...flags, script, ...args], { env, stdio: ['pipe', 'pipe', 'inherit'] })
    const lines = createInterface({ input: this.#child.stdout as NodeJS.ReadableStream })
    lines.on('line', (line) => {
      this.#said.push(line.split(' '))
      this.#wake()
    })
    this.#ended = new Promise((resolve) => {
      lines.on('close', () => {
        this.#hasEnded = true
        this.#wake()
        resolve()
      })
    })
  }

  /** The values of the first line with this word. */
  async said(word: string): Promise<string[]> {
    for (;;) {
      const line = this.#said.find(([said]) => said === word)
      if (line !== undefined) return line.slice(1)
      if (this.#hasEnded) throw new RangeError(`${this.#name} ended without "${word}"`)
      await new Promise<void>((resolve) => this.#waiting.add(resolve))
    }
  }

  /** The same, of the first such line that was not asked for before. */
  async next(word: string): Promise<string[]> {
    const values = await this.said(word)
    this.#said.splice(
      this.#said.findIndex(([said]) => said === word),
      1
    )
    return values
  }

  /** The numbers of all lines with this word. */
  all(word: string): number[] {
    return this.#said.filter(([said]) => said === word).map(([, value]) => Number(value))
  }

  tell(line: string): void {
    this.#child.stdin?.write(`${line}\n`)
  }

  /** Resolves when it is dead, by its own hand or another's. */
  async dead(): Promise<void> {
    await this.#ended
  }

  async end(): Promise<void> {
    this.#child.stdin?.end('end\n')
    await this.#ended
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#ended
  }

  #wake(): void {
    for (const wake of this.#waiting) wake()
    this.#waiting.clear()
  }
}

/**
 * Alice writes a file of so many bytes; Bob fetches it. Bob is killed in the middle and comes back; Alice is killed in the middle and comes back;
 * Bob finishes. Alice is killed for good and her disk with her. Carol fetches the file from Bob.
 *
 * @param report told what happens
 * @param script the program of a member
 */
export async function runLargeFile(
  size: number,
  report: (line: string) => void,
  script: string = MEMBER
): Promise<LargeFileRun> {
  const root = await mkdtemp(join(tmpdir(), 'offchain-large-'))
  const folder = (name: string): string => join(root, name)
  const running = new Set<Member>()
  const start = (name: string, role: string, ...args: string[]): Member => {
    const member = new Member(name, script, [role, folder(name), ...args])
    running.add(member)
    return member
  }
  try {
    await gather(start)
    const third = Math.floor(size / 3)
    let alice = start('alice', 'write', String(size), String(2 * third))
    const [, sealed = '0'] = await alice.said('sealed')
    const [written = ''] = await alice.said('hash')
    report(`Alice sealed ${size} bytes in ${sealed} ms`)

    const dying = start('bob', 'fetch', String(third))
    const [address = ''] = await alice.said('address')
    dying.tell(`dial ${address}`)
    await dying.dead()
    const bobKilled = dying.all('received').at(-1) ?? 0
    report(`Bob was killed with ${bobKilled} bytes`)

    const bob = start('bob', 'fetch', 'never')
    await bob.said('address')
    bob.tell(`dial ${address}`)
    await bob.said('received')
    const bobResumed = bob.all('received')[0] ?? 0
    report(`Bob went on with ${bobResumed} bytes`)
    await alice.dead()
    const before = bob.all('received').at(-1) ?? 0
    report(`Alice was killed when Bob had ${before} bytes`)

    const firstLife = alice
    const seen = bob.all('received').length
    alice = start('alice', 'write', String(size))
    const [again = ''] = await alice.said('address')
    bob.tell(`dial ${again}`)
    const [hashOfBob = ''] = await bob.said('hash')
    const aliceResumed = Math.min(...bob.all('received').slice(seen))
    report(`Bob went on with ${aliceResumed} bytes, and has the whole`)
    const windowsSent = firstLife.all('sent').length + alice.all('sent').length
    await alice.kill()
    await rm(folder('alice'), { recursive: true, force: true })
    report('Alice is gone for good')

    const carol = start('carol', 'fetch', 'never')
    const [bobAddress = ''] = await bob.said('address')
    await carol.said('address')
    const began = performance.now()
    carol.tell(`dial ${bobAddress}`)
    const [hashOfCarol = ''] = await carol.said('hash')
    const fetched = Math.round(performance.now() - began)
    report(`Carol has it from Bob, after ${fetched} ms`)
    await carol.end()
    await bob.end()
    const peak = (member: Member): number => Math.max(0, ...member.all('peak'))
    return {
      hashes: { written, bob: hashOfBob, carol: hashOfCarol },
      sealed: Number(sealed),
      fetched,
      bob: { killedAt: bobKilled, resumedAt: bobResumed },
      alice: { killedAt: before, resumedAt: aliceResumed },
      windowsSent,
      peaks: {
        'alice, sealing and serving': peak(firstLife),
        'bob, until he was killed': peak(dying),
        'bob, fetching, reading and serving': peak(bob),
        'carol, fetching and reading': peak(carol)
      }
    }
  } finally {
    await Promise.all([...running].map(async (member) => await member.kill()))
    await rm(root, { recursive: true, force: true })
  }
}

/** All three become members, and stop again. */
async function gather(start: (name: string, role: string, ...args: string[]) => Member): Promise<void> {
  const founder = start('alice', 'found', '2')
  for (const name of ['bob', 'carol']) {
    const [invitation = ''] = await founder.next('invitation')
    const joiner = start(name, 'join', invitation)
    await joiner.said('joined')
    await joiner.dead()
  }
  await founder.end()
}
