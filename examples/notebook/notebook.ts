/**
 * A notebook that several people share, and nobody else can read: notes that each of them may edit, delete and restore, with all
 * that they have ever said.
 *
 * The stack from below: a group of devices decides who takes part; `privately` seals what they write; `mutable` gives edits over it.
 */
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Walytis } from 'walytis'
import {
  createGroup,
  createIdentity,
  type Group,
  type Identity,
  joinGroup,
  loadGroup,
  loadIdentity,
  openKeyStore
} from 'walytis-identities'
import { type ChangePolicy, inGenesis, type MutableBlock, type MutableBlockchain, mutable } from 'walytis-mutability'
import { privately } from 'walytis-offchain'

/** Whoever is in the group may change every note. The group's genesis names it, so no device can follow another. */
const anybody: ChangePolicy = { name: 'notebook/anybody', parameters: new Uint8Array(), mayChange: () => true }

/** One state that a note has had. */
export interface Entry {
  readonly kind: string
  readonly author: string
  readonly text: string
}

/** Which identity and group a folder is of. */
interface Place {
  readonly identity: Identity['did']
  readonly group: Group['did']
}

type KeyStore = Awaited<ReturnType<typeof openKeyStore>>

/** The device of a folder, which has a notebook or not yet. */
export class Shelf {
  readonly #node: Walytis
  readonly #keyStore: KeyStore
  readonly #file: string

  private constructor(node: Walytis, keyStore: KeyStore, file: string) {
    this.#node = node
    this.#keyStore = keyStore
    this.#file = file
  }

  static async open(node: Walytis, folder: string, passphrase: string): Promise<Shelf> {
    const keyStore = await openKeyStore({ storage: node.store, passphrase })
    return new Shelf(node, keyStore, join(folder, 'notebook.json'))
  }

  async begin(): Promise<Notebook> {
    const identity = await createIdentity(this.#node, this.#keyStore)
    const options = { history: 'shared', layers: inGenesis(anybody) } as const
    return await this.#keep(identity, await createGroup(this.#node, this.#keyStore, identity, options))
  }

  async join(invitation: string): Promise<Notebook> {
    const identity = await createIdentity(this.#node, this.#keyStore)
    return await this.#keep(identity, await joinGroup(this.#node, this.#keyStore, identity, invitation))
  }

  /** The notebook that the folder holds, if any. */
  async resume(): Promise<Notebook | undefined> {
    const place = await read(this.#file)
    if (place === undefined) return undefined
    const member = await loadIdentity(this.#node, this.#keyStore, place.identity)
    return await Notebook.open(await loadGroup(this.#node, this.#keyStore, place.group, { member }))
  }

  async #keep(identity: Identity, group: Group): Promise<Notebook> {
    await writeFile(`${this.#file}.new`, JSON.stringify({ identity: identity.did, group: group.did } satisfies Place))
    await rename(`${this.#file}.new`, this.#file)
    return await Notebook.open(group)
  }
}

export class Notebook {
  readonly chain: MutableBlockchain
  readonly #group: Group

  private constructor(group: Group, chain: MutableBlockchain) {
    this.#group = group
    this.chain = chain
  }

  static async open(group: Group): Promise<Notebook> {
    return new Notebook(group, await mutable(await privately(group), { policy: anybody }))
  }

  /**
   * Told of each change of a note, with what it then says: this device's own changes and those of others, also of those that came while
   * the application was not running, and once more when it was killed in the middle of telling.
   */
  async onChange(tell: (what: string) => void): Promise<void> {
    await this.chain.consume('screen', async ({ block }) => {
      tell(block.deleted ? `deleted: ${await textOf(block)}` : await textOf(block))
    })
  }

  /** Notes that are not deleted, in the same order at everybody. */
  async notes(): Promise<MutableBlock[]> {
    const notes: MutableBlock[] = []
    for await (const note of this.chain.blocks({ topics: { all: ['note'] } })) notes.push(note)
    return notes
  }

  async write(text: string): Promise<void> {
    await this.chain.add(encode(text), { topics: ['note'] })
  }

  async invite(): Promise<string> {
    return String(await this.chain.invite())
  }

  /** All that a note has said, oldest first. */
  async history(note: MutableBlock): Promise<Entry[]> {
    const me = this.chain.writer?.author
    const entries: Entry[] = []
    for await (const { kind, author, content } of (await this.chain.get(note.id)).versions()) {
      entries.push({ kind, author: author === me ? 'you' : 'somebody else', text: decode(await content()) })
    }
    return entries
  }

  async close(): Promise<void> {
    await this.chain.close()
    await this.#group.close()
  }
}

/** What a note says now. */
export async function textOf(note: MutableBlock): Promise<string> {
  return decode(await note.content())
}

export function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

/** Whoever is in the group may have written anything: nothing that would control the terminal of who reads it. */
function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes.subarray(0, 2_000)).replace(/\p{C}/gu, '')
}

async function read(file: string): Promise<Place | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
