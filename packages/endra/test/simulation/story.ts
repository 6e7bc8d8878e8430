/**
 * A story: users with two devices each, in chats, who write, answer, edit, delete, react, lose their connection, come back, and remove each other, as a
 * seed says. Real nodes with real stores on 127.0.0.1; what is random is what people do. At the end all honest devices must show the same, and
 * nothing that was accepted may be lost.
 */
import type { Chat, Message, Profile } from '../../src/index.ts'
import { World } from '../integration/world.ts'
import { Choices } from './random.ts'

/** How large a story is. */
export interface StorySize {
  readonly users: number
  readonly chats: number
  /** What people do, messages for the most part. */
  readonly steps: number
}

/** What came of a story. */
export interface StoryResult {
  readonly messages: number
  readonly outages: number
  readonly removals: number
  /** What is wrong, in words: empty when all is well. */
  readonly problems: string[]
}

interface Device {
  readonly name: string
  readonly user: User
  profile: Profile | undefined
}

interface User {
  readonly name: string
  did: Profile['did']
  readonly devices: Device[]
}

interface Room {
  readonly id: string
  /** The one who may remove others. */
  readonly founder: User
  readonly members: Set<User>
  /** Ids that `send` gave, by users who are still members. */
  readonly accepted: Map<string, User>
  /** Written after their removal by whoever removed them: nothing of it is for those removed. */
  readonly notFor: Map<User, Set<string>>
  readonly removers: Map<User, Device>
}

const WEIGHTS = {
  send: 60,
  reply: 8,
  edit: 10,
  delete: 4,
  restore: 2,
  react: 8,
  unreact: 2,
  read: 3,
  outage: 3,
  remove: 0.7
}
const MAX_DOWN = 0.4

/** How long honest devices have to become level when nothing more happens. */
const SETTLE_MS = 90_000

/** Play a story. */
export async function playStory(seed: number, size: StorySize): Promise<StoryResult> {
  await using world = await World.create()
  const story = new Story(world, new Choices(seed))
  await story.begin(size)
  for (let step = 0; step < size.steps; step++) await story.step()
  return await story.end()
}

class Story {
  readonly #world: World
  readonly #choices: Choices
  readonly #users: User[] = []
  readonly #rooms: Room[] = []
  readonly #problems: string[] = []
  #messages = 0
  #outages = 0
  #removals = 0

  constructor(world: World, choices: Choices) {
    this.#world = world
    this.#choices = choices
  }

  async begin({ users, chats }: StorySize): Promise<void> {
    for (let index = 0; index < users; index++) await this.#addUser(`user${index}`)
    for (let index = 0; index < chats; index++) await this.#addRoom(`Chat ${index}`)
  }

  async step(): Promise<void> {
    const room = this.#choices.from(this.#rooms)
    const device = this.#choices.from([...room.members].flatMap(({ devices }) => devices))
    const act = this.#choices.weighed(WEIGHTS)
    if (act === 'outage' || device.profile === undefined) return await this.#toggle(device)
    const chat = await device.profile.chats.get(room.id)
    try {
      await this.#act(act, room, device, chat)
    } catch (error) {
      // Not accepted, and said so: somebody else's change came first, or the seed of a new epoch can't be had yet.
      const names = ['ChangeConflictError', 'KeyUnavailableError', 'DeadlineError', 'NotFoundError']
      if (!(error instanceof Error) || !names.includes(error.name)) throw error
    }
  }

  async end(): Promise<StoryResult> {
    for (const device of this.#users.flatMap(({ devices }) => devices)) await this.#start(device)
    for (const room of this.#rooms) await this.#check(room)
    const { length: problems } = this.#problems
    if (problems > 0)
      this.#problems.push(`${this.#messages} messages, ${this.#outages} outages, ${this.#removals} removals`)
    const [messages, outages, removals] = [this.#messages, this.#outages, this.#removals]
    return { messages, outages, removals, problems: this.#problems }
  }

  async #act(act: Exclude<keyof typeof WEIGHTS, 'outage'>, room: Room, device: Device, chat: Chat): Promise<void> {
    const text = `${act} ${this.#messages} by ${device.name}`
    if (act === 'send') return this.#sent(room, device, await chat.send(text))
    if (act === 'read') return await chat.markRead()
    if (act === 'remove') return await this.#remove(room)
    const messages: Message[] = []
    for await (const message of chat.messages({ reverse: true, limit: 20 })) messages.push(message)
    const own = messages.filter(({ author }) => author === device.user.did)
    const any = messages[this.#choices.below(Math.max(1, messages.length))]
    const mine = own[this.#choices.below(Math.max(1, own.length))]
    if (act === 'reply' && any !== undefined) this.#sent(room, device, await chat.reply(any, text))
    if (act === 'react' && any !== undefined) await chat.react(any, this.#choices.from(['👍', '🎂', '🫖']))
    if (act === 'unreact' && any !== undefined) await chat.unreact(any, '👍')
    if (act === 'edit') await mine?.edit(text)
    if (act === 'delete') await mine?.delete()
    if (act === 'restore') await (await mine?.delete())?.restore()
  }

  #sent(room: Room, device: Device, { id }: Message): void {
    this.#messages++
    room.accepted.set(id, device.user)
    for (const [removed, remover] of room.removers) if (remover === device) room.notFor.get(removed)?.add(id)
  }

  /** Its founder removes somebody: the others of the chat go on. Two members at least stay. */
  async #remove(room: Room): Promise<void> {
    const device = room.founder.devices.find(({ profile }) => profile !== undefined)
    const chat = await device?.profile?.chats.get(room.id)
    const others = [...room.members].filter((user) => user !== room.founder)
    if (device === undefined || chat === undefined || others.length < 2) return
    const removed = this.#choices.from(others)
    await chat.remove(removed.did)
    this.#removals++
    room.members.delete(removed)
    room.removers.set(removed, device)
    room.notFor.set(removed, new Set())
    for (const [id, author] of room.accepted) if (author === removed) room.accepted.delete(id)
  }

  async #toggle(device: Device): Promise<void> {
    if (device.profile === undefined) return await this.#start(device)
    const all = this.#users.flatMap(({ devices }) => devices)
    if (all.filter(({ profile }) => profile === undefined).length >= MAX_DOWN * all.length) return
    device.profile = undefined
    this.#outages++
    await this.#world.stop(device.name)
  }

  async #start(device: Device): Promise<void> {
    if (device.profile !== undefined) return
    device.profile = await (await this.#world.start(device.name)).profiles.get(device.user.did)
  }

  async #addUser(name: string): Promise<void> {
    const first = await (await this.#world.start(`${name}-a`)).profiles.create({ name, deviceName: 'a' })
    const second = await (await this.#world.start(`${name}-b`)).profiles.link(await first.devices.invite())
    const user: User = { name, did: first.did, devices: [] }
    user.devices.push({ name: `${name}-a`, user, profile: first }, { name: `${name}-b`, user, profile: second })
    this.#users.push(user)
  }

  /** Everybody joins before anything is said, so that everybody is to have everything. */
  async #addRoom(title: string): Promise<void> {
    const [founder, ...others] = [...this.#users].sort(() => this.#choices.next() - 0.5)
    const chat = await founder?.devices[0]?.profile?.chats.create({ title })
    if (founder === undefined || chat === undefined) throw new RangeError('a story needs users')
    const members = others.slice(0, Math.max(2, this.#choices.below(others.length + 1)))
    for (const user of members) await user.devices[0]?.profile?.chats.join(await chat.invite())
    for (const user of [founder, ...members]) await waitForChat(user, chat.id, members.length + 1)
    const room = { accepted: new Map(), notFor: new Map(), removers: new Map() }
    this.#rooms.push({ ...room, founder, id: chat.id, members: new Set([founder, ...members]) })
  }

  async #check(room: Room): Promise<void> {
    const devices = [...room.members].flatMap(({ devices }) => devices)
    const chats: Chat[] = []
    for (const { profile } of devices) if (profile !== undefined) chats.push(await profile.chats.get(room.id))
    const hashes = await settled(chats)
    if (new Set(hashes).size !== 1) {
      const states = await Promise.all(
        chats.map(async (chat, index) => `${devices[index]?.name} ${await describe(chat)}`)
      )
      this.#problems.push(`devices differ: ${states.join('; ')}`)
    }
    for (const [index, chat] of chats.entries()) {
      for (const id of room.accepted.keys()) {
        const message = await chat.get(id).catch(() => undefined)
        if (message === undefined || message.revoked) this.#problems.push(`${devices[index]?.name} lost ${id}`)
      }
    }
    for (const [removed, ids] of room.notFor) await this.#checkRemoved(room, removed, ids)
  }

  async #checkRemoved(room: Room, removed: User, ids: ReadonlySet<string>): Promise<void> {
    for (const { profile, name } of removed.devices) {
      const chat = await profile?.chats.get(room.id).catch(() => undefined)
      if (chat === undefined) continue
      for await (const { id } of chat.messages())
        if (ids.has(id)) this.#problems.push(`${name} was removed and reads ${id}`)
    }
  }
}

async function waitForChat(user: User, id: string, members: number): Promise<void> {
  for (const { profile } of user.devices) {
    const chat = await profile?.chats.get(id)
    await until(async () => chat?.members().length === members)
  }
}

/** Hashes of what the devices show, once they are alike or time is up. */
async function settled(chats: Chat[]): Promise<string[]> {
  let hashes: string[] = []
  await until(async () => {
    await Promise.all(chats.map((chat) => chat.sync({ signal: AbortSignal.timeout(10_000) }).catch(() => undefined)))
    hashes = await Promise.all(chats.map((chat) => chat.stateHash()))
    return new Set(hashes).size === 1
  })
  return hashes
}

/** Ask again until it is so, or time is up: what is asked of ends with the devices' own state, for which there is no event. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + SETTLE_MS
  while (!(await isSo()) && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 100))
}

async function describe(chat: Chat): Promise<string> {
  let messages = 0
  for await (const _ of chat.messages()) messages++
  return `${messages} messages, ${chat.members().length} members, ${chat.connection.state}`
}
