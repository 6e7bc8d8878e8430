/**
 * Two people with the to-do list, each a process of its own with its own folder, played by a script: it types what they type, and
 * reads what they are shown.
 */
import assert from 'node:assert/strict'
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'

/** How long, in milliseconds, one of them may take to show what is expected: a slow machine is no failure. */
const PATIENCE = 60_000

/** @param script the application: it is started with a folder and `--local` */
export async function playTwo(script: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'todo-'))
  const people: Person[] = []
  const start = (name: string): Person => {
    const person = new Person(script, name, join(folder, name))
    people.push(person)
    return person
  }
  try {
    const alice = start('alice')
    alice.type('new', 'add milk', 'add bread', 'invite')
    const [invitation] = await alice.reads(/^walytis:\S+/)
    let bob = start('bob')
    bob.type(`join ${invitation}`)
    await bob.reads(/2 of 2 to do/)
    bob.type('add soap', 'tick 1')
    await alice.reads(/^x milk {3}\(from somebody else\)/)

    await bob.leave()
    alice.type('add tea', 'untick 1')
    await alice.reads(/^o milk$/)
    bob = start('bob')
    await bob.reads(/^o milk {3}\(from somebody else\)/)

    const lists = await Promise.all([alice, bob].map((person) => person.list()))
    assert.deepEqual(lists[0], lists[1])
    assert.deepEqual(lists[0]?.map((line) => line.replace(/^\d+\. /, '')).sort(), [
      '4 of 4 to do',
      '[ ] bread',
      '[ ] milk',
      '[ ] soap',
      '[ ] tea'
    ])
    await Promise.all([alice.leave(), bob.leave()])
    console.log('Both have the same list.')
  } finally {
    for (const person of people) person.kill()
    await rm(folder, { recursive: true, force: true })
  }
}

class Person {
  readonly #name: string
  readonly #process: ChildProcessByStdio<Writable, Readable, null>
  readonly #lines: AsyncIterator<string>
  readonly #exit: Promise<unknown[]>

  constructor(script: string, name: string, folder: string) {
    this.#name = name
    this.#process = spawn(process.execPath, [script, folder, '--local'], { stdio: ['pipe', 'pipe', 'inherit'] })
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]()
    this.#exit = once(this.#process, 'exit')
  }

  type(...lines: string[]): void {
    for (const line of lines) this.#process.stdin.write(`${line}\n`)
  }

  /** The next line that is of this form, as it matches. */
  async reads(form: RegExp): Promise<RegExpMatchArray> {
    const late = setTimeout(() => this.kill(), PATIENCE)
    try {
      for (;;) {
        const { value, done } = await this.#lines.next()
        assert.ok(done !== true, `${this.#name} was never shown ${form}`)
        console.log(`${this.#name}: ${value}`)
        const match = value.match(form)
        if (match !== null) return match
      }
    } finally {
      clearTimeout(late)
    }
  }

  /** What they are shown as their list. */
  async list(): Promise<string[]> {
    this.type('list')
    const shown: string[] = []
    for (;;) {
      const [line] = await this.reads(/^(?:\d+\. \[.*|\d+ of \d+ to do)$/)
      shown.push(line)
      if (line.endsWith('to do')) return shown
    }
  }

  /** They quit; the process ends by itself, in good order. */
  async leave(): Promise<void> {
    this.type('quit')
    assert.deepEqual(await this.#exit, [0, null])
  }

  kill(): void {
    this.#process.kill('SIGKILL')
  }
}
