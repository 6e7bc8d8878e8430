import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { company, messageOf } from './people.ts'
import { keyOf, World } from './world.ts'

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
    const arrived = [messageOf(phone.chat, words.text), messageOf(bob.chat, words.text)]
    await (await laptop.chat.send(words.text)).edit(words.edited)
    await Promise.all(arrived)
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
