import { encode } from '@ipld/dag-cbor'
import { expect, it } from 'vitest'
import type { OpenChat } from '../../src/chat.ts'
import { SIGNAL_BURST, SIGNALS_PROTOCOL } from '../../src/constants.ts'
import { encodeSignal } from '../../src/signals/format.ts'
import { blockId } from '../people.ts'
import { company, messageOf } from './people.ts'
import { next, World } from './world.ts'

it('R34 F8 a member that floods with signals, or sends garbage, changes nothing and holds up nobody', async () => {
  await using world = await World.create()
  const { laptop, phone, bob } = await company(world)
  const before = messageOf(laptop.chat, 'before')
  const seen = await bob.chat.send('before')
  await before
  const { group } = bob.chat as OpenChat
  const device = laptop.profile.devices.this.did
  /** Open a channel as endra does, and say these things. Resolves to whether the other side took them. */
  const say = async (...messages: Uint8Array[]): Promise<boolean> => {
    const signal = AbortSignal.timeout(10_000)
    try {
      const channel = await group.sessions.open(device, SIGNALS_PROTOCOL, { signal })
      for (const message of messages) await channel.send(message, { signal })
      await channel.close({ signal })
      for await (const _ of channel.messages()) return false
      return true
    } catch {
      return false
    }
  }
  const typing: unknown[] = []
  phone.chat.addEventListener('typing', ({ detail }) => typing.push(detail))
  // Well formed, and of blocks that do not exist: Bob claims to have read what nobody wrote.
  const forged = { kind: 'state', n: Number.MAX_SAFE_INTEGER - 1, have: [blockId(1)], read: [blockId(2)] } as const
  expect(await say(encodeSignal(forged))).toBe(true)
  // A draft of somebody else's device is none of this profile's.
  const draft = { at: Number.MAX_SAFE_INTEGER, content: new Uint8Array([1]) }
  await say(encodeSignal({ ...forged, n: Number.MAX_SAFE_INTEGER, draft }))
  await say(new Uint8Array([0xff]))
  await say(encode({ v: 1, kind: 'state', n: 'x', have: [] }))
  expect(await say(encodeSignal({ kind: 'typing', on: true }), encodeSignal({ kind: 'typing', on: true }))).toBe(false)
  const taken = await Promise.all(Array.from({ length: 4 * SIGNAL_BURST }, () => say(encode({ v: 1, kind: 'x' }))))
  expect(taken).toContain(false)

  expect(laptop.chat.draft).toBeUndefined()
  expect((await laptop.chat.summary()).unread).toBe(1)
  expect(await laptop.chat.receipts(seen.id)).toMatchObject({ read: [] })
  expect(typing).toEqual([])
  // Honest traffic goes on, the flooder's own messages included.
  const arrived = [messageOf(laptop.chat, 'still talking'), messageOf(bob.chat, 'so do I')]
  await bob.chat.send('still talking')
  await laptop.chat.send('so do I')
  await Promise.all(arrived)
  const told = next<{ did: string }>(laptop.chat, 'changed')
  await phone.chat.markRead()
  await told
  await expect.poll(async () => (await laptop.chat.summary()).unread, { timeout: 20_000 }).toBe(0)
}, 120_000)

it('R14 F14 a member who was removed is told nothing more, and is heard no more', async () => {
  await using world = await World.create()
  const { laptop, bob } = await company(world)
  const { group } = bob.chat as OpenChat
  const typing: unknown[] = []
  laptop.chat.addEventListener('typing', ({ detail }) => typing.push(detail))
  await laptop.chat.remove(bob.profile.did)
  const open = group.sessions.open(laptop.profile.devices.this.did, SIGNALS_PROTOCOL, {
    signal: AbortSignal.timeout(5_000)
  })
  await expect(open).rejects.toThrow()
  bob.chat.typing()
  await laptop.chat.send('among us')
  expect(laptop.chat.connection.online).not.toContain(bob.profile.did)
  expect(typing).toEqual([])
}, 120_000)
