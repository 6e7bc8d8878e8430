import { encode } from '@ipld/dag-cbor'
import { CID } from 'multiformats/cid'
import { describe, expect, it } from 'vitest'
import type { OpenChat } from '../../src/chat.ts'
import { TOPIC_CARD, TOPIC_MESSAGE } from '../../src/constants.ts'
import { audienceOf, encodeCard } from '../../src/content/card.ts'
import { encodeMessage } from '../../src/content/format.ts'
import { textContent } from '../../src/content/parts.ts'
import { type Company, chatOf, messageOf, withCompany } from './people.ts'
import { all } from './world.ts'

describe('who wrote what', () => {
  let people: Company
  withCompany((met) => {
    people = met
  })

  it('R2 is said by who signed the block, whatever its content claims', async () => {
    const { laptop, bob } = people
    const arrived = messageOf(laptop.chat, 'I am Alice')
    await bob.chat.send({ ...textContent('I am Alice'), metadata: { author: laptop.profile.did, from: 'Alice' } })
    expect((await arrived).author).toBe(bob.profile.did)
  })

  it('R2 a card names its writer and nobody else', async () => {
    const { laptop, bob } = people
    const members = [laptop.profile.did, bob.profile.did]
    const forged = encodeCard({ name: 'Mallory', audience: audienceOf(members) })
    const { sealed } = bob.chat as OpenChat
    await sealed.add(forged, { topics: ['mutability:original', TOPIC_CARD] })
    const nameOf = (did: string): string | undefined => laptop.chat.members().find((each) => each.did === did)?.name
    await expect.poll(() => nameOf(bob.profile.did)).toBe('Mallory')
    expect(nameOf(laptop.profile.did)).toBe('Alice')
  })

  it('R31 nobody edits, deletes or restores what somebody else wrote', async () => {
    const { laptop, bob } = people
    const arrived = messageOf(bob.chat, 'mine')
    const message = await laptop.chat.send('mine')
    const atBob = await arrived
    await expect(atBob.edit('yours')).rejects.toMatchObject({ name: 'ChangeDeniedError' })
    await expect(atBob.delete()).rejects.toMatchObject({ name: 'ChangeDeniedError' })
    expect(await laptop.chat.get(message.id)).toMatchObject({ text: 'mine', deleted: false })
  })

  it('R31 not even with a changed program: the change reaches the others and is ignored', async () => {
    const { laptop, phone, bob } = people
    const arrived = messageOf(bob.chat, 'still mine')
    const message = await laptop.chat.send('still mine')
    await arrived
    const { sealed } = bob.chat as OpenChat
    const original = CID.parse(message.id)
    const content = encodeMessage({ content: textContent('yours') })
    await sealed.add(encode({ v: 1, original, content }), { topics: ['mutability:update'] })
    await sealed.add(encode({ v: 1, original }), { topics: ['mutability:delete'] })
    const last = [messageOf(laptop.chat, 'the end'), messageOf(phone.chat, 'the end')]
    await bob.chat.send('the end')
    await Promise.all(last)
    for (const { chat } of [laptop, phone]) {
      const seen = await chat.get(message.id)
      expect(seen).toMatchObject({ text: 'still mine', deleted: false })
      expect((await all(seen.versions())).map(({ kind }) => kind)).toEqual(['original'])
    }
  })

  it('F8 what is no message shows nowhere, and harms nobody', async () => {
    const { laptop, bob } = people
    const { sealed } = bob.chat as OpenChat
    await sealed.add(new Uint8Array([0xff, 0x00]), { topics: ['mutability:original', TOPIC_MESSAGE] })
    await sealed.add(new Uint8Array(1_000).fill(0x81), { topics: ['mutability:original', TOPIC_CARD] })
    const arrived = messageOf(laptop.chat, 'after the noise')
    await bob.chat.send('after the noise')
    await arrived
    await laptop.chat.sync()
    expect(await laptop.chat.stateHash()).toBe(await bob.chat.stateHash())
    expect((await all(laptop.chat.messages({ reverse: true, limit: 1 })))[0]?.text).toBe('after the noise')
    expect((await chatOf(laptop.profile, laptop.chat.id)).id).toBe(bob.chat.id)
  })
})
