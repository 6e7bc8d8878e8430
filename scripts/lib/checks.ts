/** Named checks: each is counted as passed or failed, printed, and kept in a report that turbo's cache can replay. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './workspace.ts'

/** One counted line: what was checked, whether it held, and if not, why. */
export interface Outcome {
  title: string
  ok: boolean
  detail?: string | undefined
}

/** Thrown inside a check when what it looks at is not as it must be; the message is what a person then reads. */
export class CheckFailure extends Error {
  override readonly name = 'CheckFailure'
}

/** Where the checks' reports lie, relative to the root. */
export const reportFolder = '.reports/checks'

/** Collects the outcomes of one script of checks. */
export class Checks {
  readonly #name: string
  readonly #outcomes: Outcome[] = []

  /** @param name - the script's name; its report is `.reports/checks/<name>.json` */
  constructor(name: string) {
    this.#name = name
  }

  /** Runs one check: it failed when `body` throws. */
  async check(title: string, body: () => void | Promise<void>): Promise<void> {
    try {
      await body()
      this.#outcomes.push({ title, ok: true })
      console.log(`  ok    ${title}`)
    } catch (error) {
      const detail =
        error instanceof CheckFailure ? error.message : String(error instanceof Error ? error.stack : error)
      this.#outcomes.push({ title, ok: false, detail })
      console.log(`  FAIL  ${title}\n${detail.replace(/^/gm, '        ')}`)
    }
  }

  /** Writes the report and sets the exit code. */
  finish(): void {
    mkdirSync(join(root, reportFolder), { recursive: true })
    writeFileSync(join(root, reportFolder, `${this.#name}.json`), `${JSON.stringify(this.#outcomes, null, 2)}\n`)
    if (this.#outcomes.length === 0 || this.#outcomes.some(({ ok }) => !ok)) process.exitCode = 1
  }
}
