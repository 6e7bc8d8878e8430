import { describe, expect, it } from 'vitest'
import type { OpenChat } from '../../src/chat.ts'
import { CHAT_INFO } from '../../src/content/chat-info.ts'
import { encodeMessage } from '../../src/content/format.ts'
import { contentOfValue, topicOfType } from '../../src/content/typed.ts'
import type { Contact, Picture } from '../../src/index.ts'
import { type Company, chatOf, company, device, messageOf, person, withCompany } from './people.ts'
import { all, next, World } from './world.ts'

const patient = { timeout: 20_000 }
const picture: Picture = { mediaType: 'image/png', bytes: new Uint8Array(5_000).fill(7) }

describe('contacts', () => {
  let people: Company
  withCompany((met) => {
    people = met
  })

  it('are known from chats', async () => {
    for (const { profile } of [people.laptop, people.phone, people.bob]) {
      await expect.poll(async () => (await all(profile.contacts.list())).length, patient).toBe(1)
    }
  })

  it('see what a profile says of itself, and newcomers see it too', async () => {
    const { laptop, phone, bob } = people
    const did = laptop.profile.did
    const changed = next(phone.profile, 'profile:changed')
    await laptop.profile.update({ name: 'Alice Liddell', about: 'Down the\nrabbit hole', picture })
    await changed
    expect(phone.profile).toMatchObject({ name: 'Alice Liddell', about: 'Down the\nrabbit hole', picture })
    const card = { name: 'Alice Liddell', about: 'Down the\nrabbit hole', picture }
    await expect.poll(async () => await bob.profile.contacts.card(did), patient).toEqual(card)
    await expect.poll(() => bob.profile.contacts.get(did).ownName, patient).toBe('Alice Liddell')
    const carol = await person(people.world, 'carol', 'Carol')
    await carol.profile.chats.join(await laptop.chat.invite())
    await expect
      .poll(async () => (await all(carol.profile.contacts.list())).map(({ did: of }) => of), patient)
      .toContain(did)
    expect(await carol.profile.contacts.card(did)).toEqual(card)
    await laptop.profile.update({ about: null, picture: null })
    await expect.poll(async () => await bob.profile.contacts.card(did), patient).toEqual({ name: 'Alice Liddell' })
    const large = { ...picture, bytes: new Uint8Array(33 * 1024) }
    await expect(laptop.profile.update({ picture: large })).rejects.toMatchObject({ rule: 'card-picture' })
    await expect(laptop.profile.update({ picture: { ...picture, mediaType: 'image/svg+xml' } })).rejects.toThrow()
  })

  it('are called by petnames, on all devices of the profile and nowhere else', async () => {
    const { laptop, phone, bob } = people
    const told = next<{ contact: Contact }>(phone.profile, 'contact:changed')
    await laptop.profile.contacts.rename(bob.profile.did, 'Bobby')
    expect((await told).contact).toMatchObject({ name: 'Bobby', ownName: 'Bob', petname: 'Bobby' })
    expect(phone.chat.members().map(({ name }) => name)).toContain('Bobby')
    expect(bob.chat.members().map(({ name }) => name)).not.toContain('Bobby')
    await phone.profile.contacts.rename(bob.profile.did, undefined)
    await expect.poll(() => laptop.profile.contacts.get(bob.profile.did).name, patient).toBe('Bob')
    const nobody = laptop.profile.did
    await expect(laptop.profile.contacts.rename(nobody, 'x')).rejects.toMatchObject({ name: 'NotFoundError' })
  })

  it('that are blocked are neither shown nor counted, and learn nothing of it', async () => {
    const { laptop, phone, bob } = people
    const earlier = messageOf(laptop.chat, 'Earlier')
    await bob.chat.send('Earlier')
    await earlier
    await laptop.chat.markRead()
    await phone.profile.contacts.block(bob.profile.did)
    await expect.poll(() => laptop.profile.contacts.get(bob.profile.did).blocked, patient).toBe(true)
    const shown: string[] = []
    laptop.chat.addEventListener('message:added', ({ detail }) => shown.push(detail.message.text))
    const after = messageOf(phone.chat, 'After')
    const typing: unknown[] = []
    laptop.chat.addEventListener('typing', ({ detail }) => typing.push(detail))
    bob.chat.typing()
    const unwanted = await bob.chat.send('Unwanted')
    await expect.poll(async () => await laptop.chat.get(unwanted.id).catch(() => undefined), patient).toBeDefined()
    await laptop.chat.send('After')
    await after
    expect(shown).not.toContain('Unwanted')
    expect(typing).toEqual([])
    const texts = (await all(laptop.chat.messages())).map(({ text }) => text)
    expect(texts).not.toContain('Unwanted')
    expect(texts).not.toContain('Earlier')
    expect((await laptop.chat.summary()).unread).toBe(0)
    await laptop.profile.contacts.unblock(bob.profile.did)
    expect((await all(laptop.chat.messages())).map(({ text }) => text)).toContain('Unwanted')
    // What came while its author was blocked counts as read.
    expect((await laptop.chat.summary()).unread).toBe(0)
  })

  it('R19 compare a safety number, and are told when devices come and go after that', async () => {
    const { laptop, phone, bob } = people
    const [alices, bobs] = [laptop.profile.contacts, bob.profile.contacts]
    await expect
      .poll(() => alices.safetyNumber(bob.profile.did).digits, patient)
      .toBe(bobs.safetyNumber(laptop.profile.did).digits)
    const { digits, code } = bobs.safetyNumber(laptop.profile.did)
    expect(digits).toMatch(/^\d{60}$/)
    expect(alices.check(bob.profile.did, code)).toMatchObject({ matches: true })
    await alices.verify(bob.profile.did)
    await expect.poll(() => phone.profile.contacts.get(bob.profile.did).state, patient).toBe('verified')

    type Told = { contact: Contact; added: string[]; removed: string[] }
    const added = [laptop, phone].map(({ profile }) => next<Told>(profile, 'contact:devices'))
    const tablet = await device(people.world, 'tablet', bob.profile)
    const onTablet = await chatOf(tablet.profile, bob.chat.id)
    // The chat learns of a device when it first takes part.
    await onTablet.send('From my new tablet')
    const { did } = tablet.profile.devices.this
    for (const each of await Promise.all(added)) {
      expect(each).toMatchObject({ added: [did], removed: [], contact: { did: bob.profile.did, state: 'changed' } })
    }
    expect(alices.check(bob.profile.did, code)).toMatchObject({ matches: false })
    expect(alices.safetyNumber(bob.profile.did).digits).not.toBe(digits)
    await alices.verify(bob.profile.did)
    expect(alices.get(bob.profile.did).state).toBe('verified')

    const removed = next<Told>(laptop.profile, 'contact:devices')
    await bob.profile.devices.remove(did)
    expect(await removed).toMatchObject({ added: [], removed: [did], contact: { state: 'changed' } })
    await alices.unverify(bob.profile.did)
    expect(alices.get(bob.profile.did).state).toBe('unverified')
  })

  it('see title and picture of a chat as its admins set them, and newcomers too', async () => {
    const { laptop, phone, bob } = people
    await laptop.chat.update({ title: 'Tea at six', picture })
    for (const { chat } of [laptop, phone, bob]) {
      await expect.poll(() => chat.title, patient).toBe('Tea at six')
      expect(chat.picture).toEqual(picture)
    }
    expect(await bob.chat.summary()).toMatchObject({ title: 'Tea at six', picture })
    await expect(bob.chat.update({ title: 'Mine' })).rejects.toMatchObject({ name: 'NotAdminError' })
    const dora = await person(people.world, 'dora', 'Dora')
    const doras = await dora.profile.chats.join(await laptop.chat.invite())
    await expect.poll(() => doras.picture, patient).toEqual(picture)
    const promoted = (): boolean => bob.chat.members().some(({ me, role }) => me && role === 'admin')
    await laptop.chat.setRole(bob.profile.did, 'admin')
    await expect.poll(promoted, patient).toBe(true)
    await bob.chat.update({ title: 'Tea at seven', picture: null })
    for (const chat of [laptop.chat, doras]) {
      await expect.poll(() => chat.title, patient).toBe('Tea at seven')
      expect(chat.picture).toBeUndefined()
    }
  })

  it('R11 see no title that somebody without the right sets, by whatever means', async () => {
    await using own = await World.create()
    const { laptop, bob } = await company(own)
    const content = contentOfValue(CHAT_INFO, { title: 'Forged', audience: new Uint8Array(16) })
    const topics = ['mutability:original', topicOfType(CHAT_INFO.mediaType)]
    await (bob.chat as OpenChat).sealed.add(encodeMessage({ content }), { topics })
    const after = messageOf(laptop.chat, 'after the forgery')
    await bob.chat.send('after the forgery')
    await after
    for (const { chat } of [laptop, bob]) expect(chat.title).toBe('Tea at five')
  }, 120_000)
})
