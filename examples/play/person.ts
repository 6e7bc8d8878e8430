/** A person with an application in a terminal, a process of its own, played by a script: it types what they type, and reads what they are shown. */
import assert from 'node:assert/strict'
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'

/** How long, in milliseconds, one of them may take to show what is expected: a slow machine is no failure. */
const PATIENCE = 60_000

export class Person {
  readonly #name: string
  readonly #process: ChildProcessByStdio<Writable, Readable, null>
  readonly #lines: AsyncIterator<string>
  readonly #exit: Promise<unknown[]>

  /** @param script the application: it is started with a folder and a flag, `--local` where nothing else is said */
  constructor(script: string, name: string, folder: string, flag = '--local') {
    this.#name = name
    this.#process = spawn(process.execPath, [script, folder, flag], { stdio: ['pipe', 'pipe', 'inherit'] })
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

  /** They type a line, and this is what they are shown up to a line of the form `last`: lines of the form `shown`. */
  async isShown(line: string, shown: RegExp, last: RegExp): Promise<string[]> {
    this.type(line)
    const lines: string[] = []
    for (;;) {
      const [text] = await this.reads(new RegExp(`${shown.source}|${last.source}`))
      lines.push(text)
      if (last.test(text)) return lines
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
