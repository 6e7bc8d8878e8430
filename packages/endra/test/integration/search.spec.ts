import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Company, chatOf, messageOf, withCompany } from './people.ts'
import { all } from './world.ts'

const patient = { timeout: 20_000 }

describe('search', () => {
  let people: Company
  withCompany((met) => {
    people = met
  })

  const found = async (text: string, profile = people.laptop.profile): Promise<string[]> =>
    (await all(profile.search(text))).map(({ message }) => message.text)

  it('finds messages of all chats in any script, newest first', async () => {
    const { laptop, bob } = people
    const other = await laptop.profile.chats.create({ title: 'Other' })
    const arrived = messageOf(laptop.chat, 'Crème brûlée, anyone?')
    await bob.chat.send('Crème brûlée, anyone?')
    await arrived
    for (const text of ['明日は東京で会いましょう', 'Встретимся завтра', 'More creme, please']) await other.send(text)
    await laptop.chat.send({
      parts: [{ kind: 'embedded', id: 'x', mediaType: 'image/png', payload: new Uint8Array(9) }]
    })
    expect(await found('creme')).toEqual(['More creme, please', 'Crème brûlée, anyone?'])
    expect(await found('CRÈME any')).toEqual(['Crème brûlée, anyone?'])
    expect(await found('京で会')).toEqual(['明日は東京で会いましょう'])
    expect(await found('東')).toEqual(['明日は東京で会いましょう'])
    expect(await found('завтра встретимся')).toEqual(['Встретимся завтра'])
    expect(await found('creme завтра')).toEqual([])
    expect(await found('…')).toEqual([])
    const [hit] = await all(laptop.profile.search('creme', { chat: laptop.chat }))
    expect(hit).toMatchObject({ chat: laptop.chat, message: { author: bob.profile.did } })
    expect(await all(laptop.profile.search('creme', { limit: 1 }))).toHaveLength(1)
  })

  it('follows edits, deletes and what the profile wants not to see', async () => {
    const { laptop } = people
    const message = await laptop.chat.send('a walrus')
    expect(await found('walrus')).toEqual(['a walrus'])
    const edited = await message.edit('a carpenter')
    expect(await found('walrus')).toEqual([])
    expect(await found('carpenter')).toEqual(['a carpenter'])
    const deleted = await edited.delete()
    expect(await found('carpenter')).toEqual([])
    await deleted.restore()
    expect(await found('carpenter')).toEqual(['a carpenter'])
    await laptop.chat.hide(message)
    expect(await found('carpenter')).toEqual([])
    await laptop.chat.unhide(message)
  })

  it('reads only what is new after a restart, changes of old messages included, and leaves no text on the disk', async () => {
    const { laptop, bob } = people
    const { did } = laptop.profile
    const arrived = messageOf(laptop.chat, 'the jabberwock')
    const message = await bob.chat.send('the jabberwock')
    await arrived
    expect(await found('jabberwock')).toEqual(['the jabberwock'])
    await people.world.stop('laptop')
    for (const file of await readdir(people.world.folderOf('laptop'), { recursive: true, withFileTypes: true })) {
      if (!file.isFile()) continue
      const bytes = await readFile(join(file.parentPath, file.name))
      for (const word of ['jabberwock', 'carpenter', '東京']) expect(bytes.includes(word)).toBe(false)
    }
    // Bob edits while nobody looks.
    await message.edit('the bandersnatch')
    const profile = await (await people.world.start('laptop')).profiles.get(did)
    const chat = await chatOf(profile, laptop.chat.id)
    await expect.poll(async () => (await chat.get(message.id)).text, patient).toBe('the bandersnatch')
    let indexed = 0
    const onProgress = (progress: { indexed: number }): void => {
      indexed = progress.indexed
    }
    const hits = await all(profile.search('bandersnatch', { onProgress }))
    expect(hits.map(({ message: { id } }) => id)).toEqual([message.id])
    expect(indexed).toBeLessThan(5)
    expect(await found('jabberwock', profile)).toEqual([])
    expect(await found('carpenter', profile)).toEqual(['a carpenter'])
  })
})
