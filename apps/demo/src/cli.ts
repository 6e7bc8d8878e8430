#!/usr/bin/env node
/*
 * The messenger in the terminal. It works on the same folder as the page does, one program at a time.
 */
import { mkdir } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { createEndra } from 'endra'
import { Answer } from './cli/answer.ts'
import { askYes } from './cli/ask.ts'
import * as commands from './cli/commands.ts'
import { EXIT, exitCodeOf } from './cli/exit-codes.ts'
import { UsageError } from './errors.ts'
import { explain } from './explain.ts'
import { readPassphrase } from './passphrase-file.ts'

interface Options {
  folder: string
  passphraseFile?: string
  listen?: string[]
  mdns: boolean
  json: boolean
  debug: boolean
}

const gather = (value: string, earlier: string[] = []): string[] => [...earlier, value]
const lines = (text: string): number => {
  const count = Number(text)
  if (!Number.isSafeInteger(count) || count < 1) throw new InvalidArgumentError('It must be a whole number, 1 or more.')
  return count
}
const program = new Command('endra')
  .description('A messenger without servers, in the terminal')
  .option('--folder <folder>', 'where this device keeps everything', join(homedir(), '.endra'))
  .option('--passphrase-file <file>', 'whose first line unlocks the folder, or locks it from now on')
  .option('--listen <address>', 'multiaddr at which other devices reach this one; may be given several times', gather)
  .option('--no-mdns', "don't look for one's contacts in the local network")
  .option('--json', 'answer in lines of JSON', false)
  .option('--debug', 'show stack traces', Boolean(process.env['ENDRA_DEBUG']))
  .addHelpText(
    'after',
    `
Begin:     echo 'five random words or so' > secret
           endra --passphrase-file secret init Alice
           endra --passphrase-file secret chat new 'Tea at five'
           endra --passphrase-file secret chat invite 'Tea at five'

A chat is named by its id, or by its title where only one has it. A page on the same folder: npm run app.
Exit codes: 0 done · 1 failed · 2 wrong use · 3 wrong passphrase, or the folder is in use · 4 not found, or an invitation
that is not good · 5 nobody who could answer was reached`
  )
program.configureOutput({ writeErr: (text) => void process.stderr.write(text) }).exitOverride()

/** Resolves when the program is asked to stop (Ctrl-C). */
async function stopped(): Promise<void> {
  const asked = Promise.withResolvers<void>()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => asked.resolve())
  // A signal keeps no process alive, and while nobody is connected nothing else may.
  const alive = setInterval(() => undefined, 60_000)
  await asked.promise
  clearInterval(alive)
}

/** Open the folder, do one thing with it, and close it whatever comes of it. */
async function withDevice(work: (context: commands.CommandContext) => Promise<void>): Promise<void> {
  const { folder, passphraseFile, listen, mdns, json } = program.opts<Options>()
  if (passphraseFile === undefined) throw new UsageError('Say with --passphrase-file where the passphrase is.')
  const passphrase = await readPassphrase(passphraseFile)
  const storage = join(folder, 'store')
  await mkdir(storage, { recursive: true, mode: 0o700 })
  const endra = await createEndra({ storage, passphrase, listen, discovery: { mdns } })
  const answer = new Answer(json, (line) => void process.stdout.write(`${line}\n`))
  try {
    await work({ endra, answer, ask: askYes, stopped })
  } finally {
    await endra.stop()
  }
}

const deviceName = ['--device-name <name>', 'what this device is called', 'terminal'] as const
program
  .command('init <name>')
  .description('begin on this device, by the name that others see')
  .option(...deviceName)
  .action((name: string, given) => withDevice((context) => commands.init(context, name, given.deviceName)))
program
  .command('link <invitation>')
  .description('make this a device of somebody who has begun elsewhere')
  .option(...deviceName)
  .action((line: string, given) => withDevice((context) => commands.link(context, line, given.deviceName)))
program
  .command('doctor')
  .description('say who is reached, and why not')
  .action(() => withDevice(commands.doctor))
program
  .command('serve')
  .description('take part until stopped, without a page: the device at home that is always on')
  .action(() => withDevice(async (context) => await commands.tellAndStay(context)))

const chat = program.command('chat').description('read and write')
chat
  .command('list')
  .description('list the chats')
  .action(() => withDevice(commands.listChats))
chat
  .command('new <title>')
  .description('begin a chat')
  .action((title: string) => withDevice((context) => commands.newChat(context, title)))
chat
  .command('invite <chat>')
  .description('let somebody join; stays reachable until stopped')
  .action((id: string) => withDevice((context) => commands.inviteToChat(context, id)))
chat
  .command('join <invitation>')
  .description('join a chat')
  .action((line: string) => withDevice((context) => commands.joinChat(context, line)))
chat
  .command('send <chat> <text>')
  .description('send a message; it is stored, and goes out when somebody is reached')
  .action((id: string, text: string) => withDevice((context) => commands.send(context, id, text)))
chat
  .command('tail <chat>')
  .description('show the newest messages')
  .option('-n, --lines <count>', 'how many', lines, 20)
  .option('-f, --follow', 'go on with those that come, until stopped', false)
  .action((id: string, given) => withDevice((context) => commands.tail(context, id, given)))
chat
  .command('export <chat>')
  .description('all messages, oldest first; with --json for programs')
  .action((id: string) => withDevice((context) => commands.exportChat(context, id)))

const device = program.command('device').description('the devices that are yours')
device
  .command('list')
  .description('list them')
  .action(() => withDevice(commands.listDevices))
device
  .command('invite')
  .description('let one more become yours, once you have compared codes; stays reachable until stopped')
  .action(() => withDevice(commands.inviteDevice))
device
  .command('remove <device>')
  .description('take one out, by its id or name: it reads nothing that is written from then on')
  .action((id: string) => withDevice((context) => commands.removeDevice(context, id)))
for (const group of [program, chat, device, ...program.commands, ...chat.commands, ...device.commands]) {
  group.exitOverride()
}

try {
  await program.parseAsync()
} catch (error) {
  const { code, exitCode } = error as { code?: unknown; exitCode?: unknown }
  // commander has said it already
  if (typeof code === 'string' && code.startsWith('commander.')) {
    process.exitCode = exitCode === 0 ? 0 : EXIT.usage
  } else {
    const { json, debug } = program.opts<Options>()
    const line = explain(error, debug)
    const at = line.indexOf(': ')
    process.stderr.write(`${json ? JSON.stringify({ error: line.slice(0, at), message: line.slice(at + 2) }) : line}\n`)
    process.exitCode = exitCodeOf(error)
  }
}
