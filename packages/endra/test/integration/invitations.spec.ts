import { describe, expect, it, vi } from 'vitest'
import { ProfileChats } from '../../src/chats.ts'
import type { Message } from '../../src/index.ts'
import type { OpenProfile } from '../../src/profile.ts'
import { person } from './people.ts'
import { all, next, World } from './world.ts'

describe('an invitation to a chat', () => {
  it('F12 works once, unless it says otherwise', async () => {
    await using world = await World.create()
    const alice = await person(world, 'laptop', 'Alice')
    const bob = await person(world, 'bob', 'Bob')
    const carol = await person(world, 'carol', 'Carol')
    const chat = await alice.profile.chats.create({ title: 'Tea' })
    const once = await chat.invite()
    await bob.profile.chats.join(once)
    await expect(carol.profile.chats.join(once)).rejects.toMatchObject({ name: 'InvitationError' })
    expect(chat.members()).toHaveLength(2)
    expect(await all(carol.profile.chats.list())).toEqual([])

    await carol.profile.chats.join(await chat.invite({ uses: 2 }))
    expect(chat.members()).toHaveLength(3)
  }, 90_000)

  it('that has expired, was changed on its way, or is for something else is refused by name', async () => {
    await using world = await World.create()
    const alice = await person(world, 'laptop', 'Alice')
    const bob = await person(world, 'bob', 'Bob')
    const chat = await alice.profile.chats.create({ title: 'Tea' })
    const expired = await chat.invite({ expires: new Date(Date.now() - 1_000) })
    await expect(bob.profile.chats.join(expired)).rejects.toMatchObject({ name: 'InvitationError' })
    const line = await chat.invite()
    const join = (text: string): Promise<unknown> => bob.profile.chats.join(text)
    await expect(join(line.slice(0, -5))).rejects.toMatchObject({ name: 'InvitationError', reason: 'damaged' })
    await expect(join('hello')).rejects.toMatchObject({ name: 'InvitationError', reason: 'not-an-invitation' })
    const link = await alice.profile.devices.invite()
    await expect(join(link)).rejects.toMatchObject({ name: 'InvitationError', reason: 'wrong-kind' })
    await expect(bob.endra.profiles.link(line)).rejects.toMatchObject({ name: 'InvitationError', reason: 'wrong-kind' })
    await bob.profile.chats.join(`\n ${line.slice(0, 30)}\n ${line.slice(30)} \n`)
    expect(chat.members()).toHaveLength(2)
  }, 90_000)

  it('whose inviter can not be reached fails by name, within its time', async () => {
    await using world = await World.create()
    const alice = await person(world, 'laptop', 'Alice')
    const bob = await person(world, 'bob', 'Bob')
    const chat = await alice.profile.chats.create({ title: 'Tea' })
    const line = await chat.invite()
    await world.stop('laptop')
    await expect(bob.profile.chats.join(line)).rejects.toMatchObject({
      name: expect.stringMatching(/^(InvitationError|UnreachableError)$/)
    })
    await expect(bob.profile.chats.join(line, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: 'AbortError'
    })
  }, 90_000)
})

describe('joining a chat', () => {
  it('twice at once is joining once', async () => {
    await using world = await World.create()
    const alice = await person(world, 'laptop', 'Alice')
    const bob = await person(world, 'bob', 'Bob')
    const chat = await alice.profile.chats.create({ title: 'Tea' })
    const line = await chat.invite()
    const [one, other] = await Promise.all([bob.profile.chats.join(line), bob.profile.chats.join(line)])
    expect(one).toBe(other)
    expect(await bob.profile.chats.join(line)).toBe(one)
    expect(chat.members()).toHaveLength(2)
  }, 90_000)

  it("F1 that was cut off before the vault knew goes on with the same line, and is no other profile's", async () => {
    await using world = await World.create()
    const alice = await person(world, 'laptop', 'Alice')
    const bob = await person(world, 'bob', 'Bob')
    const chat = await alice.profile.chats.create({ title: 'Tea' })
    const line = await chat.invite()
    const { vault } = bob.profile as OpenProfile
    vi.spyOn(vault, 'put').mockRejectedValueOnce(new DOMException('the disk is full', 'QuotaExceededError'))
    await expect(bob.profile.chats.join(line)).rejects.toMatchObject({ name: 'QuotaExceededError' })
    await world.stop('bob')

    const again = await world.start('bob')
    const other = await again.profiles.create({ name: 'Carol' })
    await expect(other.chats.join(line)).rejects.toMatchObject({ name: 'ChatInUseError' })
    const profile = await again.profiles.get(bob.profile.did)
    expect(await all(profile.chats.list())).toEqual([])
    const joined = await profile.chats.join(line)
    expect(joined.title).toBe('Tea')
    const heard = next<{ message: Message }>(chat, 'message:added')
    await joined.send('There after all')
    expect((await heard).message.text).toBe('There after all')
    expect(chat.members()).toHaveLength(2)
  }, 90_000)

  it('tells the others what one is called', async () => {
    await using world = await World.create()
    const alice = await person(world, 'laptop', 'Alice')
    const bob = await person(world, 'bob', 'Bob')
    const chat = await alice.profile.chats.create({ title: 'Tea' })
    const named = next<{ did: string; name: string }>(chat, 'member:named', ({ did }) => did === bob.profile.did)
    await bob.profile.chats.join(await chat.invite())
    expect((await named).name).toBe('Bob')
    expect(chat.members().map(({ name }) => name)).toEqual(['Alice', 'Bob'])
  }, 60_000)

  it('is told once the chat is listed, under its title', async () => {
    await using world = await World.create()
    const alice = await person(world, 'laptop', 'Alice')
    const told: Promise<[string, string[]]>[] = []
    alice.profile.addEventListener('chat:added', ({ detail }) => {
      const listed = all(alice.profile.chats.list()).then((chats) => chats.map(({ title }) => title))
      told.push(listed.then((titles) => [detail.chat.title, titles]))
    })
    await alice.profile.chats.create({ title: 'Tea' })
    expect(await Promise.all(told)).toEqual([['Tea', ['Tea']]])
  }, 60_000)
})

describe('a device link', () => {
  it('F12 works once', async () => {
    await using world = await World.create()
    const alice = await person(world, 'laptop', 'Alice')
    const link = await alice.profile.devices.invite()
    const phone = await world.start('phone')
    await phone.profiles.link(link, { deviceName: 'phone' })
    const thief = await world.start('thief')
    await expect(thief.profiles.link(link)).rejects.toMatchObject({ name: 'InvitationError' })
    expect(await all(thief.profiles.list())).toEqual([])
    expect(await all(alice.profile.devices.list())).toHaveLength(2)
  }, 90_000)

  it('R41 with a code lets in the device that shows the same, and nobody else', async () => {
    await using world = await World.create()
    const alice = await person(world, 'laptop', 'Alice')
    const asked: string[] = []
    let shown = ''
    const confirm = async ({ code }: { code: string }): Promise<boolean> => {
      asked.push(code)
      return code === shown
    }
    const onCode = (code: string): void => {
      shown = code
    }
    const leaked = await alice.profile.devices.invite({ confirm })
    const thief = await world.start('thief')
    await expect(thief.profiles.link(leaked, { onCode: () => undefined })).rejects.toMatchObject({ reason: 'refused' })
    expect(await all(thief.profiles.list())).toEqual([])
    const link = await alice.profile.devices.invite({ confirm })
    const phone = await world.start('phone')
    await phone.profiles.link(link, { deviceName: 'phone', onCode })
    expect(asked).toHaveLength(2)
    expect(asked[1]).toMatch(/^\d{6}$/)
    expect(await all(alice.profile.devices.list())).toHaveLength(2)
  }, 90_000)

  it('that waits for other devices holds up no node that stops', async () => {
    await using world = await World.create()
    const alice = await person(world, 'laptop', 'Alice')
    const phone = await world.start('phone')
    const waiting = Promise.withResolvers<void>()
    const fetchAll = vi.spyOn(ProfileChats.prototype, 'fetchAll').mockImplementation(async (_, options) => {
      waiting.resolve()
      await new Promise((_, reject) => options?.signal?.addEventListener('abort', () => reject(options.signal?.reason)))
    })
    const linked = phone.profiles.link(await alice.profile.devices.invite())
    linked.catch(() => undefined)
    await waiting.promise
    await world.stop('phone')
    await expect(linked).rejects.toMatchObject({ name: 'AbortError' })
    fetchAll.mockRestore()
    expect(await all((await world.start('phone')).profiles.list())).toEqual([{ did: alice.profile.did, name: 'Alice' }])
  }, 30_000)

  it.each([
    ['in the same process', false],
    ['after a restart', true]
  ])(
    'that was interrupted goes on with the same line, %s',
    async (_, restart) => {
      await using world = await World.create()
      const alice = await person(world, 'laptop', 'Alice')
      await (await alice.profile.chats.create({ title: 'Tea' })).send('hello')
      const link = await alice.profile.devices.invite()
      const phone = await world.start('phone')
      const interruption = new AbortController()
      const interrupted = phone.profiles.link(link, {
        signal: interruption.signal,
        onProgress: ({ step }) => {
          if (step === 'vault') interruption.abort()
        }
      })
      await expect(interrupted).rejects.toMatchObject({ name: 'AbortError' })
      expect(await all(phone.profiles.list())).toEqual([])
      if (restart) await world.stop('phone')

      const again = restart ? await world.start('phone') : phone
      const profile = await again.profiles.link(link, { deviceName: 'ignored: the first call named it' })
      expect(profile.did).toBe(alice.profile.did)
      expect(await all(alice.profile.devices.list())).toHaveLength(2)
      expect((await all(profile.chats.list())).map(({ title }) => title)).toEqual(['Tea'])
      await expect(again.profiles.link(link)).rejects.toMatchObject({ name: 'AlreadyLinkedError' })
    },
    90_000
  )
})
