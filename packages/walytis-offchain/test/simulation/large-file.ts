/**
 * `pnpm large-file [MiB]`: processes move one file of 1 GiB, are killed in the middle, go on, and a third member serves it when its author is
 * gone. Fails when somebody has other bytes, starts over, or needs more than 200 MiB of memory.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { stripTypeScriptTypes } from 'node:module'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { MEMBER, runLargeFile } from '../support/large-file-run.ts'

const MEBIBYTE = 1024 * 1024
const MEMORY_LIMIT = 200 * 1024
/** Windows that may be under way when a process is killed. */
const UNDER_WAY = 4
const WINDOW = 8 * MEBIBYTE

const say = (line: string): void => void process.stdout.write(`${line}\n`)

const size = Number(process.argv[2] ?? 1024) * MEBIBYTE
say(`${size / MEBIBYTE} MiB, Node ${process.version}, ${availableParallelism()} cores`)
const run = await runLargeFile(size, say, await builtMember())

const windows = Math.ceil(size / WINDOW)
const { hashes, bob, alice, windowsSent, peaks } = run
const checks: [string, boolean][] = [
  ['Bob has the bytes that Alice wrote', hashes.bob === hashes.written],
  ['so has Carol', hashes.carol === hashes.written],
  ['Bob went on after he was killed', bob.resumedAt >= bob.killedAt - UNDER_WAY * WINDOW],
  ['Bob kept what he had when Alice was killed', alice.resumedAt >= alice.killedAt - UNDER_WAY * WINDOW],
  [`${windowsSent} windows were sent for ${windows}`, windowsSent <= windows + 2 * UNDER_WAY],
  ...Object.entries(peaks).map(([name, peak]): [string, boolean] => [
    `${name}: at most ${Math.round(peak / 1024)} MiB of memory`,
    peak > 0 && peak < MEMORY_LIMIT
  ])
]
const rate = (milliseconds: number): string => `${Math.round((size / MEBIBYTE / milliseconds) * 1000)} MiB/s`
say(`sealing ${rate(run.sealed)}, Carol's fetching and reading ${rate(run.fetched)}`)
for (const [what, holds] of checks) say(`${holds ? 'ok  ' : 'FAIL'} ${what}`)
if (checks.some(([, holds]) => !holds)) process.exitCode = 1

/** The program of a member over the package as it is published: what translates sources takes memory of its own. */
async function builtMember(): Promise<string> {
  const sources = await readFile(MEMBER, 'utf8')
  const built = new URL('../../dist/index.js', import.meta.url).href
  const folder = fileURLToPath(new URL('../../node_modules/.cache/', import.meta.url))
  await mkdir(folder, { recursive: true })
  await writeFile(`${folder}member.mjs`, stripTypeScriptTypes(sources).replace('../../src/index.ts', built))
  return `${folder}member.mjs`
}
