import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { readPassphrase } from '../src/passphrase-file.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'endra-test-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

it.each([
  ['correct horse', 'correct horse'],
  ['correct horse\r\nbattery', 'correct horse'],
  [' spaces stay \n', ' spaces stay ']
])('takes the first line of %j', async (text, expected) => {
  await writeFile(join(folder, 'secret'), text)
  expect(await readPassphrase(join(folder, 'secret'))).toBe(expected)
})

it.each(['', '\n', '\ncorrect horse'])('refuses %j, which would lock nothing', async (text) => {
  await writeFile(join(folder, 'secret'), text)
  await expect(readPassphrase(join(folder, 'secret'))).rejects.toMatchObject({ name: 'UsageError' })
})
