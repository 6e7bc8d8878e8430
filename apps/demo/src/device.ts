#!/usr/bin/env node
/*
 * One device: a node of its own in a folder of its own. At a terminal it does one thing per call; as the child of another
 * program (`serve`) it does what that asks.
 */
import { Command } from 'commander'
import { createEndra, type Endra } from 'endra'
import * as commands from './device/commands.ts'
import { serve } from './device/serve.ts'
import { explain } from './explain.ts'
import { readPassphrase } from './passphrase-file.ts'
import type { Output } from './transcript.ts'

interface GlobalOptions {
  storage: string
  passphraseFile: string
  listen?: string[]
  announce?: string[]
  debug: boolean
}

/** An option that takes several values would swallow the command that follows it. */
const gather = (value: string, earlier: string[] = []): string[] => [...earlier, value]
const print: Output = (line) => void process.stdout.write(`${line}\n`)
const program = new Command('device')
  .description('A device of an endra profile, in a folder of its own')
  .requiredOption('--storage <folder>', 'where the device keeps everything')
  .requiredOption('--passphrase-file <file>', 'whose first line unlocks the folder, or locks it from now on')
  .option('--listen <address>', 'multiaddr to listen on; may be given several times', gather)
  .option('--announce <address>', 'multiaddr to tell others instead; may be given several times', gather)
  .option('--debug', 'show stack traces', Boolean(process.env['ENDRA_DEBUG']))

/** Open the folder, do one thing with it, and close it whatever comes of it. */
async function withEndra(work: (endra: Endra) => Promise<void>): Promise<void> {
  const { storage, passphraseFile, listen = ['/ip4/127.0.0.1/tcp/0'], announce } = program.opts<GlobalOptions>()
  const passphrase = await readPassphrase(passphraseFile)
  const endra = await createEndra({
    storage,
    passphrase,
    listen,
    discovery: { mdns: false },
    ...(announce === undefined ? {} : { libp2p: { addresses: { announce } } })
  })
  try {
    await work(endra)
  } finally {
    await endra.stop()
  }
}

/** Resolves when the program is asked to stop (Ctrl-C). */
async function interrupted(): Promise<void> {
  const asked = Promise.withResolvers<void>()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => asked.resolve())
  // A signal keeps no process alive, and while nobody is connected nothing else may.
  const alive = setInterval(() => undefined, 60_000)
  await asked.promise
  clearInterval(alive)
}

program
  .command('create <name>')
  .description('make a profile')
  .option('--device-name <name>', 'what the profile calls this device', 'first device')
  .action((name: string, { deviceName }) => withEndra((endra) => commands.create(endra, print, name, deviceName)))
program
  .command('link <invitation>')
  .description('make this a device of a profile that exists elsewhere')
  .option('--device-name <name>', 'what the profile calls this device', 'another device')
  .action((text: string, { deviceName }) => withEndra((endra) => commands.link(endra, print, text, deviceName)))
program
  .command('invite-device')
  .description('let one more device become part of the profile; stays reachable until stopped')
  .action(() => withEndra((endra) => commands.inviteDevice(endra, print, interrupted())))
program
  .command('new <title>')
  .description('begin a chat')
  .action((title: string) => withEndra((endra) => commands.newChat(endra, print, title)))
program
  .command('chats')
  .description('list the chats')
  .action(() => withEndra((endra) => commands.listChats(endra, print)))
program
  .command('invite <chat>')
  .description('let somebody join a chat; stays reachable until stopped')
  .action((chat: string) => withEndra((endra) => commands.invite(endra, print, chat, interrupted())))
program
  .command('join <invitation>')
  .description('join a chat')
  .action((invitation: string) => withEndra((endra) => commands.join(endra, print, invitation)))
program
  .command('send <chat> <text>')
  .description('send a message')
  .action((chat: string, text: string) => withEndra((endra) => commands.send(endra, print, chat, text)))
program
  .command('read <chat>')
  .description('print the messages of a chat')
  .action((chat: string) => withEndra((endra) => commands.read(endra, print, chat)))
program
  .command('serve', { hidden: true })
  .description('do what the program that started this one asks')
  .action(() => withEndra(serve))

try {
  await program.parseAsync()
} catch (error) {
  process.stderr.write(`${explain(error, program.opts<GlobalOptions>().debug)}\n`)
  process.exitCode = 1
}
