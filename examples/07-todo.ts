/**
 * A to-do list in the terminal that several people share without a server.
 *
 *     node 07-todo.ts FOLDER             begin a list, or go on with the one in FOLDER
 *     node 07-todo.ts FOLDER --local     the same, but listening on this machine only
 *     node 07-todo.ts                    play two people, each a process of its own, and check that their lists are the same
 *
 * To try it by hand, open two terminals. In the first: `node 07-todo.ts alice`, then `new`, `add milk`, `invite`. In the
 * second: `node 07-todo.ts bob`, then `join` and the line that `invite` printed. `help` lists the commands. What the blocks mean is
 * in `todo/shared-list.ts`.
 */
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { createWalytis, type Walytis } from 'walytis'
import { playTwo } from './todo/play-two.ts'
import { type Entry, SharedList } from './todo/shared-list.ts'

const HELP = `new            begin a list
join LINE      join somebody's list by the line that "invite" gave
add TEXT       add an entry
tick N         entry N is done
untick N       it is not
list           show the list
invite         print a line for somebody else: whoever has it may join, once, within a day
peers          who is connected
quit           end; the list stays in the folder`

async function runApp(folder: string, isLocal: boolean): Promise<void> {
  await using node = await createWalytis({
    storage: join(folder, 'database'),
    ...(isLocal ? { listen: ['/ip4/127.0.0.1/tcp/0'], discovery: { mdns: false } } : {})
  })
  const app = new App(node, folder)
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
}

/** What the person types, and what they are shown. */
class App {
  readonly #node: Walytis
  readonly #folder: string
  #list: SharedList | undefined

  constructor(node: Walytis, folder: string) {
    this.#node = node
    this.#folder = folder
  }

  /** Open the list that the folder holds, if any. */
  async resume(): Promise<void> {
    for await (const { id } of this.#node.list()) {
      await this.#open(await this.#node.open(id))
      return
    }
    console.log('No list yet: "new" begins one, "join" and an invitation joins one.')
  }

  /** Do what a line says. False when that is to end. */
  async obey(line: string): Promise<boolean> {
    const [command = '', ...words] = line.split(/\s+/)
    const rest = words.join(' ')
    try {
      if (command === 'quit') return false
      await this.#act(command, rest)
    } catch (error) {
      // errors of walytis say what to do
      console.log(error instanceof Error ? error.message : error)
    }
    return true
  }

  async #act(command: string, rest: string): Promise<void> {
    switch (command) {
      case 'new':
        this.#assertNone()
        return await this.#open(await this.#node.create({ name: 'to do' }))
      case 'join':
        this.#assertNone()
        return await this.#open(await this.#node.join(rest))
      case 'add':
        if (rest === '') throw new RangeError('What is to be done?')
        return await this.#current().add(rest)
      case 'tick':
      case 'untick':
        return await this.#current().mark(this.#entry(rest), command === 'tick')
      case 'list':
        return this.#show()
      case 'invite':
        return console.log(String(await this.#current().chain.invite()))
      case 'peers':
        return console.log(`${this.#current().chain.getPeers().length} connected`)
      case '':
        return
      default:
        console.log(HELP)
    }
  }

  async #open(chain: SharedList['chain']): Promise<void> {
    const own = chain.writer?.author
    this.#list = await SharedList.open(chain, this.#folder, (what, block) => {
      console.log(block.author === own ? what : `${what}   (from somebody else)`)
    })
    this.#show()
  }

  #show(): void {
    const { entries } = this.#current()
    for (const [index, { text, done }] of entries.entries()) console.log(`${index + 1}. [${done ? 'x' : ' '}] ${text}`)
    console.log(`${entries.filter(({ done }) => !done).length} of ${entries.length} to do`)
  }

  #current(): SharedList {
    if (this.#list === undefined) throw new RangeError('There is no list yet: "new" or "join".')
    return this.#list
  }

  #assertNone(): void {
    if (this.#list !== undefined) throw new RangeError('This folder has a list already; take another folder.')
  }

  #entry(number: string): Entry {
    const entry = this.#current().entries[Number(number) - 1]
    if (entry === undefined) throw new RangeError(`There is no entry ${number}.`)
    return entry
  }
}

const [folder, flag] = process.argv.slice(2)
if (folder === undefined) await playTwo(import.meta.filename)
else await runApp(folder, flag === '--local')
