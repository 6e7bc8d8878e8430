/**
 * A to-do list that several machines write at once: what its blocks mean, and how they add up to a list.
 *
 * Each entry is a block, and so is each tick. Nothing is ever changed in place, and nobody waits for anybody: two people who tick
 * and untick the same entry while apart have the same list as soon as they are level, because of two marks the later one in the
 * chain's canonical order counts, at both.
 */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { BaseBlockchain, Block, Change, Consumer } from 'walytis'

/** What a block of this application says, as JSON. */
type Note = { readonly add: string } | { readonly mark: string; readonly done: boolean }

/** Where a block stands in the canonical order. */
interface Place {
  readonly height: number
  readonly id: string
}

/** An entry of the list, with the last that was said of it. */
export interface Entry extends Place {
  readonly text: string
  readonly done: boolean
  /** The block that last marked it. */
  readonly marked: Place | undefined
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()
const MAX_TEXT = 500

/** A list with its chain. What it adds up to is kept in a file of its own, so that a start doesn't read the whole chain. */
export class SharedList {
  readonly chain: BaseBlockchain
  readonly #file: string
  readonly #entries: Map<string, Entry>
  readonly #changed: (what: string, block: Block) => void
  #consumer: Consumer | undefined

  private constructor(
    chain: BaseBlockchain,
    file: string,
    entries: Map<string, Entry>,
    changed: (what: string, block: Block) => void
  ) {
    this.chain = chain
    this.#file = file
    this.#entries = entries
    this.#changed = changed
  }

  /**
   * @param folder where the file is kept
   * @param changed told of each change once it is saved, this machine's own included
   */
  static async open(
    chain: BaseBlockchain,
    folder: string,
    changed: (what: string, block: Block) => void
  ): Promise<SharedList> {
    await mkdir(folder, { recursive: true })
    const file = join(folder, `${chain.id}.json`)
    const list = new SharedList(chain, file, await load(file), changed)
    // From where it last succeeded: also after a crash, when the last change may come again, which does no harm.
    list.#consumer = await chain.consume('list', async (change) => await list.#take(change), {
      onFailure: ({ error, retryIn }) => console.error(`Can't save (${error.message}); again in ${retryIn} ms.`)
    })
    await list.#consumer.drained()
    return list
  }

  /** In canonical order: the same at everybody who is level. */
  get entries(): Entry[] {
    return [...this.#entries.values()].sort(inOrder)
  }

  async add(text: string): Promise<void> {
    await this.#write({ add: text.slice(0, MAX_TEXT) })
  }

  async mark(entry: Entry, done: boolean): Promise<void> {
    await this.#write({ mark: entry.id, done })
  }

  async #write(note: Note): Promise<void> {
    await this.chain.add(encoder.encode(JSON.stringify(note)))
    // what was just said is in the list when this returns
    await this.#consumer?.drained()
  }

  /** Changes come one at a time, each after all that its author had seen: never a mark before the entry that it is about. */
  async #take({ kind, block }: Change): Promise<void> {
    const note = kind === 'block' ? decodeNote(await block.content()) : undefined
    if (note === undefined) return
    const place = { height: block.height, id: block.id.toString() }
    const what = 'add' in note ? this.#added(note.add, place) : this.#marked(note.mark, note.done, place)
    if (what === undefined) return
    await this.#save()
    this.#changed(what, block)
  }

  #added(text: string, place: Place): string {
    if (!this.#entries.has(place.id)) this.#entries.set(place.id, { ...place, text, done: false, marked: undefined })
    return `+ ${text}`
  }

  #marked(id: string, done: boolean, place: Place): string | undefined {
    const entry = this.#entries.get(id)
    if (entry === undefined || (entry.marked !== undefined && inOrder(entry.marked, place) >= 0)) return undefined
    this.#entries.set(id, { ...entry, done, marked: place })
    return `${done ? 'x' : 'o'} ${entry.text}`
  }

  /** Whole or not at all. */
  async #save(): Promise<void> {
    await writeFile(`${this.#file}.new`, JSON.stringify(this.entries))
    await rename(`${this.#file}.new`, this.#file)
  }
}

function inOrder(a: Place, b: Place): number {
  return a.height - b.height || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
}

async function load(file: string): Promise<Map<string, Entry>> {
  try {
    const entries: Entry[] = JSON.parse(await readFile(file, 'utf8'))
    return new Map(entries.map((entry) => [entry.id, entry]))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Map()
    throw error
  }
}

/** Whoever was invited may have written anything: what is no note of ours is passed over. */
function decodeNote(content: Uint8Array): Note | undefined {
  try {
    const note: unknown = JSON.parse(decoder.decode(content))
    if (typeof note !== 'object' || note === null) return undefined
    if ('add' in note && typeof note.add === 'string') return { add: printable(note.add.slice(0, MAX_TEXT)) }
    if ('mark' in note && 'done' in note && typeof note.mark === 'string' && typeof note.done === 'boolean')
      return { mark: note.mark, done: note.done }
    return undefined
  } catch {
    return undefined
  }
}

/** Nothing that would control the terminal of who reads it. */
function printable(text: string): string {
  return text.replace(/\p{C}/gu, '').trim()
}
