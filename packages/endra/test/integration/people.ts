/** Alice with two devices and Bob with one, in one chat: where most stories begin. */
import { afterAll, beforeAll } from 'vitest'
import type { Chat, Endra, Message, Profile } from '../../src/index.ts'
import { next, World } from './world.ts'

export interface Person {
  readonly endra: Endra
  readonly profile: Profile
  readonly chat: Chat
}

export interface Company {
  readonly world: World
  readonly laptop: Person
  readonly phone: Person
  readonly bob: Person
}

/** A node with a profile on it. */
export async function person(world: World, node: string, name: string): Promise<{ endra: Endra; profile: Profile }> {
  const endra = await world.start(node)
  return { endra, profile: await endra.profiles.create({ name, deviceName: node }) }
}

/** One more device of a profile. */
export async function device(world: World, node: string, of: Profile): Promise<{ endra: Endra; profile: Profile }> {
  const endra = await world.start(node)
  return { endra, profile: await endra.profiles.link(await of.devices.invite(), { deviceName: node }) }
}

/** A chat with this title, once it is open at a profile. */
export async function chatOf(profile: Profile, id: string): Promise<Chat> {
  for await (const chat of profile.chats.list()) if (chat.id === id) return chat
  return (await next<{ chat: Chat }>(profile, 'chat:added', ({ chat }) => chat.id === id)).chat
}

/** The message with this text, once it has arrived. Ask before it is sent. */
export async function messageOf(chat: Chat, text: string): Promise<Message> {
  const { message } = await next<{ message: Message }>(chat, 'message:added', (detail) => detail.message.text === text)
  return message
}

/** Alice's laptop makes a profile and a chat, links her phone, and invites Bob. */
export async function company(world: World): Promise<Company> {
  const laptop = await person(world, 'laptop', 'Alice')
  const chat = await laptop.profile.chats.create({ title: 'Tea at five' })
  const phone = await device(world, 'phone', laptop.profile)
  const bob = await person(world, 'bob', 'Bob')
  const bobsChat = await bob.profile.chats.join(await chat.invite())
  return {
    world,
    laptop: { ...laptop, chat },
    phone: { ...phone, chat: await chatOf(phone.profile, chat.id) },
    bob: { ...bob, chat: bobsChat }
  }
}

/** Lets them meet in a world of their own before the tests of a `describe`, which is gone after them. */
export function withCompany(meet: (people: Company) => void): void {
  let world: World
  beforeAll(async () => {
    world = await World.create()
    meet(await company(world))
  }, 120_000)
  afterAll(() => world[Symbol.asyncDispose]())
}
