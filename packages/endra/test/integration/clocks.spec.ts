import { expect, it } from 'vitest'
import { chatOf, company, messageOf, person } from './people.ts'
import { all, next, World } from './world.ts'

const YEARS = 365 * 24 * 60 * 60 * 1000
const patient = { timeout: 30_000 }

it('F6 devices whose clocks are ten years apart show the same, in one order, with receipts and drafts', async () => {
  await using world = await World.create()
  const early = await world.start('early', { now: () => Date.now() - 10 * YEARS })
  const alice = await early.profiles.create({ name: 'Alice', deviceName: 'early' })
  const late = await world.start('late', { now: () => Date.now() + 10 * YEARS })
  const second = await late.profiles.link(await alice.devices.invite({ expires: new Date(Date.now() + YEARS) }))
  const chat = await alice.chats.create({ title: 'Time' })
  const onLate = await chatOf(second, chat.id)
  const bob = await person(world, 'bob', 'Bob')
  const bobs = await bob.profile.chats.join(await chat.invite({ expires: new Date(Date.now() + YEARS) }))
  const chats = [chat, onLate, bobs]
  const texts: string[] = []
  for (const [index, each] of [chat, bobs, onLate, bobs, chat].entries()) {
    texts.push(`message ${index}`)
    const arrived = chats.filter((other) => other !== each).map((other) => messageOf(other, `message ${index}`))
    await each.send(`message ${index}`)
    await Promise.all(arrived)
  }
  for (const each of chats) expect((await all(each.messages())).map(({ text }) => text)).toEqual(texts)
  await expect.poll(async () => new Set(await Promise.all(chats.map((each) => each.stateHash()))).size, patient).toBe(1)

  // Each draft is later than the one that it was made after, whatever the clock says.
  await onLate.setDraft('from the future')
  await expect.poll(() => JSON.stringify(chat.draft), patient).toBe(JSON.stringify(onLate.draft))
  const { draft } = onLate
  await chat.setDraft('from the past')
  await expect.poll(() => JSON.stringify(onLate.draft), patient).toBe(JSON.stringify(chat.draft))
  expect(onLate.draft).not.toEqual(draft)

  const last = (await chat.summary()).last?.id ?? ''
  await bobs.markRead()
  for (const each of [chat, onLate]) {
    await expect.poll(async () => (await each.receipts(last)).status, patient).toBe('read')
  }
}, 120_000)

it('R17 F13 a device that was away while others were removed, again and again, comes back, reads and writes', async () => {
  await using world = await World.create()
  const { laptop, phone, bob } = await company(world)
  const { did } = phone.profile
  await world.stop('phone')
  for (let round = 0; round < 3; round++) {
    const guest = await person(world, `guest${round}`, `Guest ${round}`)
    await guest.profile.chats.join(await laptop.chat.invite())
    const gone = next<{ did: string }>(bob.chat, 'member:removed', (detail) => detail.did === guest.profile.did)
    await laptop.chat.remove(guest.profile.did)
    await gone
    const arrived = messageOf(bob.chat, `without guest ${round}`)
    await laptop.chat.send(`without guest ${round}`)
    await arrived
    await world.stop(`guest${round}`)
  }
  const again = await chatOf(await (await world.start('phone')).profiles.get(did), laptop.chat.id)
  await expect
    .poll(async () => (await all(again.messages())).map(({ text }) => text), patient)
    .toEqual([0, 1, 2].map((round) => `without guest ${round}`))
  const read = messageOf(bob.chat, 'I am back')
  await again.send('I am back')
  expect((await read).author).toBe(did)
  expect(again.members()).toHaveLength(2)
}, 180_000)
