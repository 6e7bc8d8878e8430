import { spawn } from 'node:child_process'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { company } from './people.ts'
import { all, keyOf, World } from './world.ts'

/** A word that compression can not shorten and that stands nowhere by chance. */
function word(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(18))).toString('base64url')
}

/** Which of these words stand in a file below a folder, in UTF-8 or UTF-16. */
async function found(folder: string, words: Record<string, string | Uint8Array>): Promise<string[]> {
  const hits = new Set<string>()
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const bytes = await readFile(join(entry.parentPath, entry.name))
    for (const [name, secret] of Object.entries(words)) {
      const forms =
        typeof secret === 'string' ? [Buffer.from(secret), Buffer.from(secret, 'utf16le')] : [Buffer.from(secret)]
      if (forms.some((form) => bytes.includes(form))) hits.add(name)
    }
  }
  return [...hits].sort()
}

describe('what lies on disk', () => {
  it('R33 shows no text, name, title, invitation or key', async () => {
    await using world = await World.create()
    const { laptop, phone, bob } = await company(world)
    const words = { text: word(), edited: word(), title: word(), name: word(), deviceName: word() }
    await (await laptop.chat.send(words.text)).edit(words.edited)
    for (const { chat } of [phone, bob]) {
      const shown = async (): Promise<string[]> => (await all(chat.messages())).map(({ text }) => text)
      await expect.poll(shown, { timeout: 20_000 }).toEqual([words.edited])
    }
    await laptop.profile.chats.create({ title: words.title })
    await laptop.endra.profiles.create({ name: words.name, deviceName: words.deviceName })
    const invitation = (await laptop.chat.invite()).split('.').at(-1) ?? ''
    for (const node of ['laptop', 'phone', 'bob']) await world.stop(node)

    const secrets = { ...words, invitation, key: keyOf('laptop') }
    for (const node of ['laptop', 'phone', 'bob']) {
      expect(await found(world.folderOf(node), secrets)).toEqual([])
    }
    await writeFile(join(world.folderOf('laptop'), 'planted'), `…${words.text}…`)
    expect(await found(world.folderOf('laptop'), secrets)).toEqual(['text'])
  }, 120_000)
})

/** What a program writes, given this on standard input. */
async function run(script: string, input: string): Promise<{ out: string; log: string; code: number | null }> {
  const child = spawn(process.execPath, [script], { env: { ...process.env, DEBUG: '*', DEBUG_COLORS: '0' } })
  const written = { out: '', log: '' }
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    written.out += piece
  })
  child.stderr.setEncoding('utf8').on('data', (piece: string) => {
    written.log += piece
  })
  child.stdin.end(input)
  return await new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (code) => resolve({ ...written, code }))
  })
}

describe('what is logged', () => {
  it('R39 shows no text, name, title, passphrase or invitation, with all logs on', async () => {
    const words = { text: word(), edited: word(), title: word(), name: word(), deviceName: word(), passphrase: word() }
    const { out, log, code } = await run(
      fileURLToPath(new URL('../support/loud-process.ts', import.meta.url)),
      JSON.stringify(words)
    )
    expect(code, log.slice(-2_000)).toBe(0)
    const invitations = (JSON.parse(out) as string[]).map((line) => line.split('.').at(-1) ?? '')
    // The logs are really on.
    expect(log).toContain('libp2p')
    expect(log).toContain('walytis')
    for (const [name, secret] of [...Object.entries(words), ...invitations.entries()]) {
      expect(log.includes(secret), `${name} is in the log`).toBe(false)
    }
  }, 120_000)
})
