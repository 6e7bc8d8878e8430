import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ScanError } from '../../src/errors.ts'
import { needleFor } from '../../src/scan/needles.ts'
import { scanBytes, scanFolder } from '../../src/scan/scan.ts'

const secret = 'meet me by the river at nine'
const needles = [needleFor(secret), needleFor('something that is nowhere')]

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'demo-scan-'))
})
afterEach(async () => {
  await rm(folder, { recursive: true })
})

describe('needles', () => {
  it.each([
    ['utf-8', Buffer.from(`x${secret}y`)],
    ['utf-16le', Buffer.from(`ab${secret}`, 'utf16le')],
    ['utf-16be', Buffer.from(`ab${secret}`, 'utf16le').swap16()],
    ['hex', Buffer.from(Buffer.from(`x${secret}y`).toString('hex'))],
    ['HEX', Buffer.from(Buffer.from(secret).toString('hex').toUpperCase())],
    ['base64+0', Buffer.from(Buffer.from(`abc${secret}and more`).toString('base64'))],
    ['base64+1', Buffer.from(Buffer.from(`a${secret}!`).toString('base64'))],
    ['base64+2', Buffer.from(Buffer.from(`ab${secret}!?`).toString('base64'))],
    ['base64url+1', Buffer.from(Buffer.from(`\u{3ff}ab${secret}!`).toString('base64url'))]
  ])('find a text as %s in the middle of other bytes', (encoding, planted) => {
    const haystack = Buffer.concat([randomBytes(1001), planted, randomBytes(999)])
    expect(scanBytes(haystack, needles, 'here')).toContainEqual({ text: secret, encoding, place: 'here' })
  })

  it('find nothing in other bytes', () => {
    expect(scanBytes(randomBytes(1 << 20), needles, 'here')).toEqual([])
    expect(scanBytes(Buffer.from(secret.toUpperCase()), needles, 'here')).toEqual([])
  })

  it('are not too short to mean something', () => {
    expect(() => needleFor('bob')).toThrow(RangeError)
  })
})

describe('scanning a folder', () => {
  it('finds a text in a file, in a folder beneath, and in a file name', async () => {
    await mkdir(join(folder, 'a', 'b'), { recursive: true })
    await writeFile(join(folder, 'a', 'b', 'file.bin'), Buffer.concat([randomBytes(100), Buffer.from(secret)]))
    await writeFile(join(folder, `${secret}.txt`), 'nothing')
    const { findings, files } = await scanFolder(folder, needles)
    expect(files).toBe(2)
    expect(findings.map(({ place }) => place).sort()).toEqual(['a/b/file.bin (raw)', `name of ${secret}.txt`])
  })

  it('does not take an empty folder for a clean one', async () => {
    await expect(scanFolder(folder, needles)).rejects.toThrow(ScanError)
  })

  it('does not take what it can not decode for clean', async () => {
    await writeFile(join(folder, '000005.ldb'), randomBytes(5000))
    await expect(scanFolder(folder, needles)).rejects.toThrow(ScanError)
  })
})

describe('scanning a LevelDB', () => {
  it('finds a value in the log, cut by the end of a 32 KiB block', async () => {
    const database = new ClassicLevel<string, Uint8Array>(folder, { valueEncoding: 'view' })
    // The value begins just before the end of the log's first block.
    await database.put('filler', randomBytes(32 * 1024 - 60))
    await database.put('planted', Buffer.from(secret))
    await database.close()
    const { findings } = await scanFolder(folder, needles)
    expect(findings.map(({ place }) => place)).toEqual([expect.stringMatching(/\.log \(log\)$/)])
  })

  it('finds what a compacted, compressed table holds, where the bytes of the file do not show it', async () => {
    const database = new ClassicLevel<string, Uint8Array>(folder, { valueEncoding: 'view' })
    // What came shortly before is stored as a reference to it, so the text itself isn't in the file in one piece.
    for (let start = 0; start < secret.length; start += 5) {
      await database.put(`a${String(start).padStart(3, '0')}`, Buffer.from(secret.slice(start, start + 9).repeat(3)))
    }
    await database.put('b', Buffer.from(secret))
    await database.compactRange('a', 'z')
    await database.close()
    const places = (await scanFolder(folder, needles)).findings.map(({ place }) => place)
    expect(places).toEqual([expect.stringMatching(/\.ldb \(table\)$/)])
  })

  it('finds a text in a key that shares its beginning with the key before', async () => {
    const database = new ClassicLevel<string, Uint8Array>(folder, { valueEncoding: 'view' })
    await database.put(`${secret.slice(0, 20)}A`, randomBytes(10))
    await database.put(secret, randomBytes(10))
    await database.compactRange('a', 'z')
    await database.close()
    expect((await scanFolder(folder, needles)).findings).toContainEqual(
      expect.objectContaining({ text: secret, place: expect.stringMatching(/\(table\)$/) })
    )
  })

  it('finds what was overwritten and is not compacted away yet', async () => {
    const database = new ClassicLevel<string, Uint8Array>(folder, { valueEncoding: 'view' })
    await database.put('key', Buffer.from(secret))
    await database.put('key', Buffer.from('harmless'))
    expect(Buffer.from((await database.get('key')) ?? []).toString()).toBe('harmless')
    await database.close()
    expect((await scanFolder(folder, needles)).findings).not.toEqual([])
  })

  it('finds nothing in a large one that does not hold it', async () => {
    const database = new ClassicLevel<string, Uint8Array>(folder, { valueEncoding: 'view' })
    for (let batch = 0; batch < 20; batch++) {
      await database.batch(
        Array.from({ length: 100 }, (_, index) => ({
          type: 'put' as const,
          key: `${batch}/${index}`,
          value: index % 2 === 0 ? randomBytes(3000) : Buffer.alloc(3000, `${index} and again `)
        }))
      )
    }
    await database.compactRange('0', 'z')
    await database.close()
    const { findings, bytes } = await scanFolder(folder, needles)
    expect(findings).toEqual([])
    expect(bytes).toBeGreaterThan(6_000_000)
  })
})
