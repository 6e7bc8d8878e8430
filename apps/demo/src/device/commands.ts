/*
 * One-shot commands of the device program, for people at a terminal: each opens the folder, does one thing, and ends.
 */
import type { Chat, Endra, Profile } from 'endra'
import { UsageError } from '../errors.ts'
import { printable } from '../printable.ts'
import type { Output } from '../transcript.ts'

/** @throws {UsageError} when the folder holds no profile */
async function profileOf(endra: Endra): Promise<Profile> {
  for await (const { did } of endra.profiles.list()) return await endra.profiles.get(did)
  throw new UsageError('There is no profile here yet: make one with `create`, or link this device to one with `link`.')
}

async function chatOf(endra: Endra, id: string): Promise<Chat> {
  return await (await profileOf(endra)).chats.get(id)
}

export async function create(endra: Endra, print: Output, name: string, deviceName: string): Promise<void> {
  print((await endra.profiles.create({ name, deviceName })).did)
}

export async function link(endra: Endra, print: Output, invitation: string, deviceName: string): Promise<void> {
  const profile = await endra.profiles.link(invitation, { deviceName })
  print(`${profile.did}  ${profile.name}`)
}

export async function listChats(endra: Endra, print: Output): Promise<void> {
  for await (const { id, title } of (await profileOf(endra)).chats.list()) print(`${id}  ${title}`)
}

export async function newChat(endra: Endra, print: Output, title: string): Promise<void> {
  print((await (await profileOf(endra)).chats.create({ title })).id)
}

/** Invite somebody, tell who joins, and stay reachable until stopped: whoever joins gets the chat from here. */
export async function invite(endra: Endra, print: Output, id: string, stopped: Promise<void>): Promise<void> {
  const chat = await chatOf(endra, id)
  chat.addEventListener('member:added', ({ detail }) => print(`joined: ${detail.did}`))
  print(await chat.invite())
  await stopped
}

/** Invite another device of one's own, tell which one comes, and stay reachable until stopped. */
export async function inviteDevice(endra: Endra, print: Output, stopped: Promise<void>): Promise<void> {
  const profile = await profileOf(endra)
  profile.addEventListener('device:added', ({ detail }) => print(`linked: ${detail.device.did}`))
  print(await profile.devices.invite())
  await stopped
}

export async function join(endra: Endra, print: Output, invitation: string): Promise<void> {
  const { id, title } = await (await profileOf(endra)).chats.join(invitation)
  print(`${id}  ${title}`)
}

export async function send(endra: Endra, print: Output, id: string, text: string): Promise<void> {
  print((await (await chatOf(endra, id)).send(text)).id)
}

export async function read(endra: Endra, print: Output, id: string): Promise<void> {
  const chat = await chatOf(endra, id)
  const names = new Map(chat.members().map(({ did, name }) => [did, name]))
  for await (const { sentAt, author, text } of chat.messages()) {
    print(`${sentAt.toISOString()}  ${names.get(author) ?? author}: ${printable(text)}`)
  }
}
