import { cp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openStore } from '../../src/storage/open-store.ts'
import { temporaryFolder } from '../support/local-chains.ts'

type Overwrite = (file: Uint8Array) => void

describe('F1 a folder whose files were damaged', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let path: string

  beforeEach(async () => {
    folder = await temporaryFolder()
    path = join(folder.path, 'store')
  })

  afterEach(async () => {
    await folder[Symbol.asyncDispose]()
  })

  /** Batches of about this many bytes, each synced. The table holds 50 rows, the log the rest. */
  async function write(count: number, bytes: number): Promise<void> {
    const first = await openStore(path)
    for (let at = 0; at < 50; at++) await first.put(`table-${at}`, `${at}`.repeat(100))
    await first.close()
    // Opening it again moves what is in the log to a table.
    const second = await openStore(path)
    for (let at = 0; at < count; at++) await second.put(`log-${at}`, `${at % 10}`.repeat(bytes))
    await second.close()
  }

  async function fileEndingIn(end: string | RegExp): Promise<string> {
    const name = (await readdir(path)).find((each) => (typeof end === 'string' ? each.endsWith(end) : end.test(each)))
    expect(name).toBeDefined()
    return join(path, name ?? '')
  }

  async function contentsOf(): Promise<Map<string, string>> {
    const names = (await readdir(path)).sort()
    const read = names.map(async (name) => [name, (await readFile(join(path, name))).toString('hex')] as const)
    return new Map(await Promise.all(read))
  }

  async function expectRefused(file: RegExp): Promise<void> {
    const before = await contentsOf()
    await expect(openStore(path)).rejects.toMatchObject({
      name: 'StoreCorruptError',
      location: path,
      cause: { name: 'DamagedFileError', file: expect.stringMatching(file) }
    })
    expect(await contentsOf()).toEqual(before)
  }

  /** The keys of the log that are there. */
  async function heldOfLog(): Promise<string[]> {
    const store = await openStore(path)
    const keys = await store.keys({ gte: 'log-', lt: 'log.' }).all()
    await store.close()
    return keys
  }

  async function overwrite(file: string, change: Overwrite): Promise<void> {
    const bytes = await readFile(file)
    change(bytes)
    await writeFile(file, bytes)
  }

  for (const [name, end] of [
    ['CURRENT', 'CURRENT'],
    ['the manifest', /^MANIFEST-/],
    ['a table', '.ldb'],
    ['the log', '.log']
  ] as const) {
    it(`without ${name} is refused and left as it is`, async () => {
      await write(5, 100)
      const file = await fileEndingIn(end)
      await rm(file)
      await expectRefused(new RegExp(`${file.split('/').at(-1)}$`))
    })
  }

  it('with only tables or only a log left is refused', async () => {
    await write(5, 100)
    await cp(path, `${path}-copy`, { recursive: true })
    for (const kept of [/\.ldb$/, /\.log$/]) {
      await rm(path, { recursive: true })
      await cp(`${path}-copy`, path, { recursive: true, filter: (from) => from.endsWith('copy') || kept.test(from) })
      await expectRefused(/^CURRENT$/)
    }
  })

  it('with a CURRENT that says nothing, or a table that is cut, is refused', async () => {
    await write(5, 100)
    const current = await readFile(join(path, 'CURRENT'))
    for (const wrong of ['', 'garbage\n', 'MANIFEST-000002', '../MANIFEST-000002\n']) {
      await writeFile(join(path, 'CURRENT'), wrong)
      await expectRefused(/^CURRENT$/)
    }
    await writeFile(join(path, 'CURRENT'), current)
    await truncate(await fileEndingIn('.ldb'), 100)
    await expectRefused(/\.ldb$/)
  })

  it('is made anew where making it was interrupted, and in a folder of other things', async () => {
    await (await openStore(path)).close()
    for (const name of await readdir(path)) {
      if (!/^(LOCK|LOG)$/.test(name)) await rm(join(path, name))
    }
    await writeFile(join(path, 'MANIFEST-000001'), 'half')
    await writeFile(join(path, 'notes.txt'), 'mine')
    const store = await openStore(path)
    await store.put('a', 'b')
    await store.close()
    expect(await readFile(join(path, 'notes.txt'), 'utf8')).toBe('mine')
  })

  const changes: [string, (at: number) => Overwrite][] = [
    ['two bytes', (at) => (file) => file.set([file[at] === 255 ? 254 : 255, 254], at)],
    ['a run of zeros', (at) => (file) => file.fill(0, at, at + 900)]
  ]
  for (const [what, change] of changes) {
    for (const [count, bytes] of [
      [100, 100],
      [12, 20_000]
    ] as const) {
      it(`with ${what} overwritten before sound records, ${count} of ${bytes} bytes, is refused wherever it is`, async () => {
        await write(count, bytes)
        const log = await fileEndingIn('.log')
        const whole = await readFile(log)
        const end = whole.byteLength - bytes - 1000
        const step = Math.ceil(end / 40)
        // Every header of the first records, and places all over.
        const places = [0, 4, 5, 6, 7, 8, 14, 19, ...Array.from({ length: 39 }, (_, at) => (at + 1) * step)]
        for (const at of places.filter((place) => place < end)) {
          await writeFile(log, whole)
          await overwrite(log, change(at))
          await expectRefused(/\.log$/)
        }
      }, 60_000)
    }
  }

  it('whose log is cut or broken at its end, as a crash leaves it, opens with what came before', async () => {
    await write(5, 300)
    const log = await fileEndingIn('.log')
    const whole = await readFile(log)
    await cp(path, `${path}-copy`, { recursive: true })
    for (const tail of [0, 1, 6, 7, 8, 100, 250]) {
      for (const broken of ['cut', 'zeros', 'garbage']) {
        await rm(path, { recursive: true })
        await cp(`${path}-copy`, path, { recursive: true })
        const kept = whole.subarray(0, whole.byteLength - 300 + tail)
        const rest = new Uint8Array(broken === 'cut' ? 0 : 5000).fill(broken === 'zeros' ? 0 : 0x5a)
        await writeFile(log, Buffer.concat([kept, rest]))
        expect(await heldOfLog(), `${broken} ${tail}`).toEqual(['log-0', 'log-1', 'log-2', 'log-3'])
      }
    }
  })

  it('is not refused for what the content of a torn record looks like', async () => {
    await write(3, 300)
    const log = await fileEndingIn('.log')
    const whole = await readFile(log)
    // A peer's content that is a sound record itself, in a record of which only the beginning was written.
    const header = Uint8Array.of(1, 2, 3, 4, 0, 8, 1)
    await writeFile(log, Buffer.concat([whole, header, new Uint8Array(20), whole.subarray(0, 350)]))
    expect(await heldOfLog()).toEqual(['log-0', 'log-1', 'log-2'])
  })
})
