/**
 * A private notebook in the terminal that several people share, with the whole history of each note.
 *
 *     node 10-notebook.ts FOLDER             begin a notebook, or go on with the one in FOLDER
 *     node 10-notebook.ts FOLDER --local     the same, but listening on this machine only
 *     node 10-notebook.ts FOLDER --offline   the same, without any network
 *     node 10-notebook.ts                    play two people, each a process of its own, and check that they have the same notes
 *
 * To try it by hand, open two terminals. In the first: `node 10-notebook.ts alice`, then `new`, `write milk`, `invite`. In the
 * second: `node 10-notebook.ts bob`, then `join` and the line that `invite` printed. `help` lists the commands. How the notebook is made
 * of its layers is in `notebook/notebook.ts`.
 */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { createWalytis, type WalytisInit } from 'walytis'
import type { MutableBlock } from 'walytis-mutability'
import { encode, type Notebook, Shelf, textOf } from './notebook/notebook.ts'
import { playTwo } from './notebook/play-two.ts'

const HELP = `new            begin a notebook
join LINE      join somebody's notebook by the line that "invite" gave
write TEXT     a new note
edit N TEXT    note N says this instead
delete N       take note N out
restore        put the note back that you last deleted
history N      all that note N has said, and who wrote it
list           show the notes
invite         print a line for somebody else: whoever has it may join, once, within a day
quit           end; the notebook stays in the folder`

/** What the person types, and what they are shown. */
class App {
  readonly #shelf: Shelf
  #notebook: Notebook | undefined
  #deleted: MutableBlock | undefined

  constructor(shelf: Shelf) {
    this.#shelf = shelf
  }

  async resume(): Promise<void> {
    const notebook = await this.#shelf.resume()
    if (notebook === undefined)
      return console.log('No notebook yet: "new" begins one, "join" and an invitation joins one.')
    await this.#open(notebook)
  }

  /** Do what a line says. False when that is to end. */
  async obey(line: string): Promise<boolean> {
    const [, command = '', rest = ''] = /^(\S*)\s*(.*)$/.exec(line) ?? []
    if (command === 'quit') return false
    try {
      await this.#act(command, rest)
    } catch (error) {
      // errors of the packages say what to do
      console.log(error instanceof Error ? error.message : error)
    }
    return true
  }

  async close(): Promise<void> {
    await this.#notebook?.close()
  }

  async #act(command: string, rest: string): Promise<void> {
    switch (command) {
      case 'new':
        this.#assertNone()
        return await this.#open(await this.#shelf.begin())
      case 'join':
        this.#assertNone()
        return await this.#open(await this.#shelf.join(rest))
      case 'write':
        return await this.#current().write(rest)
      case 'edit': {
        const [, number = '', text = ''] = /^(\d+)\s+(.+)$/.exec(rest) ?? []
        await (await this.#note(number)).edit(encode(text))
        return
      }
      case 'delete':
        this.#deleted = await (await this.#note(rest)).delete()
        return
      case 'restore':
        if (this.#deleted === undefined) throw new RangeError('You have deleted nothing.')
        await this.#deleted.restore()
        this.#deleted = undefined
        return
      case 'history': {
        const entries = await this.#current().history(await this.#note(rest))
        for (const { kind, author, text } of entries) console.log(`  ${kind} by ${author}: ${text}`)
        return console.log(`${entries.length} versions`)
      }
      case 'list':
        return await this.#show()
      case 'invite':
        return console.log(await this.#current().invite())
      case '':
        return
      default:
        console.log(HELP)
    }
  }

  async #open(notebook: Notebook): Promise<void> {
    this.#notebook = notebook
    await notebook.onChange((what) => console.log(`* ${what}`))
    await this.#show()
  }

  async #show(): Promise<void> {
    const notes = await this.#current().notes()
    for (const [index, note] of notes.entries()) console.log(`${index + 1}. ${await textOf(note)}`)
    console.log(`${notes.length} notes`)
  }

  async #note(number: string): Promise<MutableBlock> {
    const note = (await this.#current().notes())[Number(number) - 1]
    if (note === undefined) throw new RangeError(`There is no note ${number}.`)
    return note
  }

  #current(): Notebook {
    if (this.#notebook === undefined) throw new RangeError('There is no notebook yet: "new" or "join".')
    return this.#notebook
  }

  #assertNone(): void {
    if (this.#notebook !== undefined) throw new RangeError('This folder has a notebook already; take another folder.')
  }
}

/** What of the network a flag leaves. */
const NETWORKS: Record<string, WalytisInit> = {
  '--local': { listen: ['/ip4/127.0.0.1/tcp/0'], discovery: { mdns: false } },
  '--offline': { listen: [], discovery: { mdns: false }, libp2p: { connectionGater: { denyDialPeer: () => true } } }
}

async function runApp(folder: string, flag = ''): Promise<void> {
  await mkdir(folder, { recursive: true })
  await using node = await createWalytis({ storage: join(folder, 'database'), ...NETWORKS[flag] })
  // An application for people would ask for it.
  const app = new App(await Shelf.open(node, folder, process.env['NOTEBOOK_PASSPHRASE'] ?? 'correct horse'))
  await app.resume()
  const lines = createInterface({ input: process.stdin, output: process.stdout, prompt: '> ' })
  process.once('SIGTERM', () => lines.close())
  lines.on('SIGINT', () => lines.close())
  if (process.stdin.isTTY) lines.prompt()
  for await (const line of lines) {
    const goesOn = await app.obey(line.trim())
    if (!goesOn) break
    if (process.stdin.isTTY) lines.prompt()
  }
  lines.close()
  await app.close()
}

const [folder, flag] = process.argv.slice(2)
if (folder === undefined) await playTwo(import.meta.filename)
else await runApp(folder, flag)
