#!/usr/bin/env node
/*
 * The demo: three devices, three processes, three folders, and nothing between them but the network. Tells a story and ends
 * with one line of JSON; the exit code is 0 only when everything came out as it should.
 */
import { fileURLToPath } from 'node:url'
import { Command, InvalidArgumentError } from 'commander'
import { explain } from './explain.ts'
import { Production, type ProductionOptions } from './production.ts'
import { LiveProduction } from './stage-page/live-production.ts'

interface DemoOptions {
  headless?: boolean
  page?: boolean
  port: number
  keep?: string
  json: boolean
  messages: number
  debug: boolean
}

const countOf = (text: string): number => {
  const count = Number(text)
  if (!Number.isSafeInteger(count) || count < 2) throw new InvalidArgumentError('It must be a whole number, 2 or more.')
  return count
}

const portOf = (text: string): number => {
  const port = Number(text)
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new InvalidArgumentError('It must be 0 to 65535.')
  return port
}

const command = new Command('demo')
  .description('Three devices that share nothing but a network talk to each other')
  .option('--headless', 'in the terminal, without a page; so it is by itself where nobody sits at a terminal')
  .option('--page', 'with a page that shows the three devices, until Ctrl-C')
  .option('--port <port>', 'port of the page; 0 takes any that is free', portOf, 0)
  .option('--keep <folder>', "keep the devices' folders, and their passphrases, in this new or empty folder")
  .option('--json', 'print the line of JSON only', false)
  .option('--messages <count>', 'how many messages to measure', countOf, 100)
  .option('--debug', 'show stack traces', Boolean(process.env['ENDRA_DEBUG']))
  .parse()

const { keep, json, messages, debug, headless, page, port } = command.opts<DemoOptions>()
/** A script gets the story that ends by itself; a person at a terminal gets the page. */
const withPage = page ?? (!headless && !json && Boolean(process.stdout.isTTY))
const program = (name: string): string => {
  // The same files run as they are written and as they are built.
  const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  return fileURLToPath(new URL(`./${name}.${ending}`, import.meta.url))
}
const options: ProductionOptions = {
  keep,
  debug,
  pace: { messages, intervalMs: 40 },
  deadlineMs: 60_000,
  programs: { device: program('device'), removedMember: program('removed-member') },
  now: () => Number(process.hrtime.bigint()) / 1e6,
  write: (line) => void (json || process.stdout.write(`${line}\n`))
}
const production = withPage
  ? new LiveProduction({
      keep,
      debug,
      port,
      program: program('app'),
      page: fileURLToPath(new URL('../dist/page', import.meta.url)),
      write: options.write
    })
  : new Production(options)
/** Exit codes as shells give them: 128 and the signal's number. A terminal that is closed hangs up. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const
const stopped = Promise.withResolvers<keyof typeof EXIT_CODES>()
for (const signal of Object.keys(EXIT_CODES) as (keyof typeof EXIT_CODES)[]) {
  process.once(signal, () => stopped.resolve(signal))
}

try {
  const outcome = await Promise.race([production.run(), stopped.promise])
  if (typeof outcome === 'string') {
    // Whoever looks at the page ends the demo that way.
    process.exitCode = withPage && outcome === 'SIGINT' ? 0 : EXIT_CODES[outcome]
  } else if (outcome !== undefined) {
    for (const fault of outcome.faults) process.stderr.write(`${fault}\n`)
    process.exitCode = outcome.faults.length === 0 ? 0 : 1
    await production.end()
    process.stdout.write(`${JSON.stringify(outcome.summary)}\n`)
  }
} catch (error) {
  process.stderr.write(`${explain(error, debug)}\n`)
  process.exitCode = 1
} finally {
  await production.end()
}
// A story that was stopped in the middle may still wait for devices that are gone.
if (process.exitCode !== 0 || withPage) process.exit()
