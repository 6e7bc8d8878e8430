#!/usr/bin/env node
/*
 * A device with a page of its own: `npm run app`. The page is where its person reads and writes; the device goes on while no page is open.
 */
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command, InvalidArgumentError } from 'commander'
import { obeyParent } from './app/obey.ts'
import { hasScreen, openInBrowser } from './app/open-page.ts'
import { runApp } from './app/run-app.ts'
import { explain } from './explain.ts'
import { readPassphrase } from './passphrase-file.ts'

interface Options {
  folder: string
  port: number
  listen?: string[]
  announce?: string[]
  mdns: boolean
  page: string
  framedBy?: string
  passphraseFile?: string
  open: boolean
  debug: boolean
}

const gather = (value: string, earlier: string[] = []): string[] => [...earlier, value]
const portOf = (text: string): number => {
  const port = Number(text)
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new InvalidArgumentError('It must be 0 to 65535.')
  return port
}
const originOf = (text: string): string => {
  // It becomes part of the page's policy.
  if (/^http:\/\/(127\.0\.0\.1|localhost):\d{1,5}$/.test(text)) return text
  throw new InvalidArgumentError('It must be the origin of a page on this computer, as http://127.0.0.1:8000.')
}
const program = new Command('app')
  .description('A messenger on this device, with a page in the browser that only this computer can open')
  .option('--folder <folder>', 'where the device keeps everything', join(homedir(), '.endra'))
  .option('--port <port>', 'port of the page; 0 takes any that is free', portOf, 0)
  .option('--listen <address>', 'multiaddr at which other devices reach this one; may be given several times', gather)
  .option('--announce <address>', 'multiaddr to tell others instead; may be given several times', gather)
  .option('--no-mdns', "don't look for one's contacts in the local network")
  .option('--passphrase-file <file>', 'unlock with the first line of this file, for a device that nobody sits at')
  .option('--page <folder>', 'folder of the built page', fileURLToPath(new URL('../dist/page', import.meta.url)))
  .option('--framed-by <origin>', 'the one page that may show this one inside itself', originOf)
  .option('--no-open', "don't open the page in the browser")
  .option('--debug', 'show stack traces', Boolean(process.env['ENDRA_DEBUG']))
  .parse()
const options = program.opts<Options>()

const print = (line: string): void => void process.stdout.write(`${line}\n`)
let links = 0
let first: string | undefined
let closeFile: (() => Promise<void>) | undefined

try {
  const { listen, announce, mdns, passphraseFile } = options
  const passphrase = passphraseFile === undefined ? undefined : await readPassphrase(passphraseFile)
  const app = await runApp({
    ...options,
    passphrase,
    node: {
      listen,
      discovery: { mdns },
      ...(announce === undefined ? {} : { libp2p: { addresses: { announce } } })
    },
    warn: (line) => void process.stderr.write(`${line}\n`),
    onLink: (link) => {
      links += 1
      first ??= link
      if (links > 1) void closeFile?.()
      // a program that started this one asks for links when it needs them
      if (process.send !== undefined) return
      print(links === 1 ? `Your messenger: ${link}` : `To open it elsewhere on this computer: ${link}`)
      if (links === 1) print(`The link works once. Everything is kept in ${options.folder}. Ctrl-C ends this device.`)
    }
  })
  const asked = Promise.withResolvers<void>()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => asked.resolve())
  process.once('disconnect', () => asked.resolve())
  if (process.send !== undefined) obeyParent(app)
  const terminal = process.send === undefined && process.stdout.isTTY
  if (options.open && first !== undefined && hasScreen({ env: process.env, platform: process.platform, terminal })) {
    closeFile = await openInBrowser(first, homedir()).catch((error: unknown) => {
      process.stderr.write(`No browser could be opened, so use the link. ${explain(error, options.debug)}\n`)
      return undefined
    })
  }
  await asked.promise
  await closeFile?.()
  await app.stop()
  if (process.connected) process.disconnect?.()
} catch (error) {
  process.stderr.write(`${explain(error, options.debug)}\n`)
  process.exitCode = 1
}
