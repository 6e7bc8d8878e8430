/** Edits over a plain chain: what one costs, and what opening and iterating cost where each block was edited three times. */
import { type BaseBlockchain, createWalytis, type Walytis } from 'walytis'
import { type MutableBlock, type MutableBlockchain, mutable } from 'walytis-mutability'
import { compare, interleave, type Line, rate } from './harness.ts'
import { local } from './local.ts'
import { withFolders } from './logs/folders.ts'

const size = 256
const editsOfEach = 3
const width = 64
/** Edits of one round. */
const edits = 300
/** A tenth of the length may open this much faster, which is noise. */
const flat = 1.5
/** The chain beneath gives the same blocks from what it has in memory, and without a row for each that says how it stands. */
const thin = 5

/** Measures it. */
export function measureEdits({ long }: { long: boolean }): Promise<Line[]> {
  return withFolders(async (folder) => {
    const length = long ? 100_000 : 2_000
    const edited = await Subject.create(await folder('edited'), length, editsOfEach)
    const short = await Subject.create(await folder('short'), length / 10, editsOfEach)
    const rounds = 5
    const opened = await interleave({ edited: () => edited.open(), short: () => short.open() }, { rounds })
    const read = await interleave({ ours: () => edited.iterate(), beneath: () => edited.iterateBeneath() }, { rounds })
    const put = await interleave({ edit: () => edited.edit(), add: () => edited.add() }, { rounds })
    for (const subject of [edited, short]) await subject.end()
    const many = length.toLocaleString('en')
    return [
      compare('awaited edits, synced', '/s', put.edit, put.add, 'awaited adds to the chain beneath', { atLeast: 0.15 }),
      compare(`open ${many} blocks, each edited ${editsOfEach} times`, 'ms', opened.edited, opened.short, 'a tenth', {
        atMost: flat
      }),
      compare(`iterate them, ${many} current versions`, 'ms', read.ours, read.beneath, 'the chain beneath', {
        atMost: thin
      })
    ]
  })
}

/** A node with one chain. */
class Subject {
  readonly #node: Walytis
  #beneath: BaseBlockchain
  #chain: MutableBlockchain
  #blocks: MutableBlock[] = []

  private constructor(node: Walytis, beneath: BaseBlockchain, chain: MutableBlockchain) {
    this.#node = node
    this.#beneath = beneath
    this.#chain = chain
  }

  static async create(storage: string, length: number, times: number): Promise<Subject> {
    const node = await createWalytis({ ...local, listen: [], storage })
    const beneath = await node.create()
    const subject = new Subject(node, beneath, await mutable(beneath))
    for (let made = 0; made < length; made += width) await subject.#write(Math.min(width, length - made), times)
    await subject.#chain.count()
    return subject
  }

  /** Milliseconds until a chain that was closed shows its first block. */
  async open(): Promise<number> {
    const { id } = this.#chain
    await this.#chain.close()
    const began = performance.now()
    this.#beneath = await this.#node.open(id)
    this.#chain = await mutable(this.#beneath)
    for await (const _ of this.#chain.blocks({ limit: 1 })) break
    return performance.now() - began
  }

  /** Milliseconds until all blocks were given. */
  async iterate(): Promise<number> {
    const began = performance.now()
    for await (const _ of this.#chain.blocks());
    return performance.now() - began
  }

  /** The same originals, as the chain beneath gives them. */
  async iterateBeneath(): Promise<number> {
    const began = performance.now()
    for await (const _ of this.#beneath.blocks({ topics: { all: ['mutability:original'] } }));
    return performance.now() - began
  }

  /** Blocks per second, one after the other, past the layer of edits. */
  async add(): Promise<number> {
    return await rate(edits, async (index) => await this.#beneath.add(content(index)))
  }

  /** Edits per second, one after the other, of blocks that nobody has edited yet. */
  async edit(): Promise<number> {
    this.#blocks = []
    await this.#write(edits, 0)
    return await rate(edits, async (index) => await this.#blocks[index]?.edit(content(index)))
  }

  async end(): Promise<void> {
    await this.#node.stop()
  }

  async #write(count: number, times: number): Promise<void> {
    const add = async (_: unknown, index: number): Promise<MutableBlock> => {
      let block = await this.#chain.add(content(index))
      for (let edit = 0; edit < times; edit++) block = await block.edit(content(edit))
      return block
    }
    this.#blocks = await Promise.all(Array.from({ length: count }, add))
  }
}

function content(seed: number): Uint8Array {
  return new Uint8Array(size).fill(seed % 256)
}
