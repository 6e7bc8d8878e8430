import { describe, expect, it } from 'vitest'
import type { LinkProgress, Message } from '../../src/index.ts'
import { type Company, device, messageOf, person, withCompany } from './people.ts'
import { all, next, World } from './world.ts'

describe('Alice with her laptop and her phone, and Bob', () => {
  let people: Company
  withCompany((met) => {
    people = met
  })

  it('are one profile of two devices, and a chat of two members', async () => {
    const { laptop, phone, bob } = people
    expect(phone.profile.did).toBe(laptop.profile.did)
    expect(phone.profile.name).toBe('Alice')
    expect((await all(laptop.profile.devices.list())).map(({ name }) => name).sort()).toEqual(['laptop', 'phone'])
    expect(phone.profile.devices.this).toMatchObject({ name: 'phone', current: true })
    for (const { chat } of [laptop, phone, bob]) {
      expect(chat.title).toBe('Tea at five')
      expect(
        chat
          .members()
          .map(({ did }) => did)
          .sort()
      ).toEqual([laptop.profile.did, bob.profile.did].sort())
    }
    expect(bob.chat.members().find(({ me }) => me)?.did).toBe(bob.profile.did)
  })

  it('read each other on all devices', async () => {
    const { laptop, phone, bob } = people
    const toBob = messageOf(bob.chat, 'Hello, Bob')
    const toPhone = messageOf(phone.chat, 'Hello, Bob')
    const sent = await laptop.chat.send('Hello, Bob')
    expect(await toBob).toMatchObject({ id: sent.id, author: laptop.profile.did, text: 'Hello, Bob', deleted: false })
    expect(await toPhone).toMatchObject({ id: sent.id, author: laptop.profile.did })

    const answers = [messageOf(laptop.chat, 'Hello, Alice'), messageOf(phone.chat, 'Hello, Alice')]
    const answer = await bob.chat.reply(await bob.chat.get(sent.id), 'Hello, Alice')
    for (const received of await Promise.all(answers)) {
      expect(received).toMatchObject({ id: answer.id, author: bob.profile.did, replyTo: sent.id })
    }

    const fromPhone = [messageOf(laptop.chat, 'From the train'), messageOf(bob.chat, 'From the train')]
    await phone.chat.send('From the train')
    for (const received of await Promise.all(fromPhone)) expect(received.author).toBe(laptop.profile.did)
  })

  it('know each other by name', async () => {
    const { laptop, phone, bob } = people
    for (const { chat, profile } of [laptop, phone, bob]) {
      await expect
        .poll(() =>
          chat
            .members()
            .map(({ name }) => name)
            .sort()
        )
        .toEqual(['Alice', 'Bob'])
      const other = profile.name === 'Alice' ? 'Bob' : 'Alice'
      await expect.poll(async () => (await all(profile.contacts.list())).map(({ name }) => name)).toEqual([other])
    }
  })

  it('edit, delete and restore what they wrote, from any of their devices, with the history kept', async () => {
    const { laptop, phone, bob } = people
    const arrivals = [messageOf(phone.chat, 'At five'), messageOf(bob.chat, 'At five')]
    const message = await laptop.chat.send('At five')
    const [onPhone] = await Promise.all(arrivals)

    const edited = next<{ message: Message }>(bob.chat, 'message:edited')
    expect(await onPhone?.edit('At six')).toMatchObject({ text: 'At six', id: message.id })
    expect((await edited).message).toMatchObject({ id: message.id, text: 'At six', author: laptop.profile.did })

    const deleted = next<{ message: Message }>(bob.chat, 'message:deleted')
    expect(await (await phone.chat.get(message.id)).delete()).toMatchObject({ deleted: true, text: '' })
    expect((await deleted).message).toMatchObject({ id: message.id, deleted: true, text: '' })
    expect((await all(bob.chat.messages())).map(({ id }) => id)).not.toContain(message.id)

    const restored = next<{ message: Message }>(bob.chat, 'message:restored')
    await (await phone.chat.get(message.id)).restore()
    expect((await restored).message).toMatchObject({ id: message.id, deleted: false, text: 'At six' })
    const versions = await all((await bob.chat.get(message.id)).versions())
    expect(versions.map(({ kind, text }) => [kind, text])).toEqual([
      ['original', 'At five'],
      ['update', 'At six'],
      ['delete', ''],
      ['restore', 'At six']
    ])
  })

  it('show the same messages in the same order, and the same state hash', async () => {
    const { laptop, phone, bob } = people
    for (const { chat } of [laptop, phone, bob]) expect((await chat.sync()).level).toBe(true)
    // Alice's first message was sent after Bob had joined, so all three show the same.
    const shown = await Promise.all([laptop, phone, bob].map(async ({ chat }) => all(chat.messages())))
    const [first = []] = shown
    expect(first.length).toBeGreaterThan(3)
    for (const messages of shown)
      expect(messages.map(({ id, text }) => [id, text])).toEqual(first.map(({ id, text }) => [id, text]))
    const backwards = await all(bob.chat.messages({ reverse: true, limit: 2 }))
    expect(backwards.map(({ id }) => id)).toEqual(
      first
        .slice(-2)
        .reverse()
        .map(({ id }) => id)
    )
    await expect
      .poll(async () => new Set(await Promise.all([laptop, phone, bob].map(({ chat }) => chat.stateHash()))).size, {
        timeout: 10_000
      })
      .toBe(1)
  })

  it('keep what they do not understand', async () => {
    const { laptop, bob } = people
    const poll = { kind: 'x-poll', question: 'Tea?', options: ['yes', 'no'] }
    const arrived = next<{ message: Message }>(bob.chat, 'message:added', ({ message }) => message.text === 'A poll')
    const text = { kind: 'embedded', id: '1', mediaType: 'text/plain', payload: new TextEncoder().encode('A poll') }
    await laptop.chat.send({ parts: [text, poll], metadata: { 'x-mood': 'calm' } })
    expect((await arrived).message.content).toEqual({ parts: [text, poll], metadata: { 'x-mood': 'calm' } })
  })
})

describe('a third device', () => {
  it('gets everything through the vault, and says how far it has come', async () => {
    await using world = await World.create()
    const laptop = await person(world, 'laptop', 'Alice')
    const chats = [
      await laptop.profile.chats.create({ title: 'One' }),
      await laptop.profile.chats.create({ title: 'Two' })
    ]
    for (const chat of chats) await chat.send(`In ${chat.title}`)
    await device(world, 'phone', laptop.profile)

    const steps: LinkProgress[] = []
    const tablet = await (await world.start('tablet')).profiles.link(await laptop.profile.devices.invite(), {
      deviceName: 'tablet',
      onProgress: (progress) => steps.push(progress)
    })
    expect(steps.map(({ step }) => step).filter((step, index, list) => step !== list[index - 1])).toEqual([
      'joining',
      'vault',
      'chats',
      'done'
    ])
    expect(steps.filter(({ step }) => step === 'chats').at(-1)).toMatchObject({ received: 2, expected: 2 })
    expect((await all(tablet.devices.list())).map(({ name }) => name).sort()).toEqual(['laptop', 'phone', 'tablet'])
    const titles = (await all(tablet.chats.list())).map(({ title }) => title)
    expect(titles).toEqual(['One', 'Two'])
    for (const chat of await all(tablet.chats.list())) {
      await expect.poll(async () => (await all(chat.messages())).map(({ text }) => text)).toEqual([`In ${chat.title}`])
    }
  }, 120_000)
})
