/*
 * What the terminal program does, one function for each command. Each gets an open node and tells what it found.
 */
import type { Chat, Endra, Message, Profile } from 'endra'
import type { LinkRequest } from 'walytis-identities'
import { UsageError } from '../errors.ts'
import type { Answer } from './answer.ts'
import { named } from './named.ts'

/** What commands work with. */
export interface CommandContext {
  readonly endra: Endra
  readonly answer: Answer
  /** Ask for a yes. */
  ask(question: string, signal: AbortSignal): Promise<boolean>
  /** Resolves when the program is asked to stop. */
  stopped(): Promise<void>
}

/** @throws {UsageError} when nobody has begun here yet */
async function profileOf({ endra }: CommandContext): Promise<Profile> {
  for await (const { did } of endra.profiles.list()) return await endra.profiles.get(did)
  throw new UsageError('Nobody has begun here yet: use `endra init <name>`, or `endra link <invitation>`.')
}

/** @throws {UsageError} when several chats have this title @throws {NotFoundError} */
async function chatOf(context: CommandContext, given: string): Promise<Chat> {
  const profile = await profileOf(context)
  const found = await named(profile.chats.list(), given, ({ id, title }) => [id, title], 'chat')
  return found ?? (await profile.chats.get(given))
}

/** @throws {UsageError} when somebody has begun here already */
async function mustBeNew({ endra }: CommandContext): Promise<void> {
  for await (const { name } of endra.profiles.list()) throw new UsageError(`This device is ${name}’s already.`)
}

export async function init(context: CommandContext, name: string, deviceName: string): Promise<void> {
  await mustBeNew(context)
  const { did } = await context.endra.profiles.create({ name, deviceName })
  context.answer.tell({ did, name, device: deviceName }, `${name} begins on this device, “${deviceName}”.`)
}

export async function link(context: CommandContext, invitation: string, deviceName: string): Promise<void> {
  await mustBeNew(context)
  const onCode = (code: string): void =>
    context.answer.tell({ code }, `Code: ${code}. Say on the other device whether it shows the same.`)
  const { did, name } = await context.endra.profiles.link(invitation, { deviceName, onCode })
  context.answer.tell({ did, name, device: deviceName }, `This is now ${name}’s device “${deviceName}”.`)
}

export async function listChats(context: CommandContext): Promise<void> {
  for (const { id, title, unread, last } of await (await profileOf(context)).chats.summaries()) {
    const at = last?.sentAt.toISOString()
    context.answer.tell({ id, title, unread, last: at }, `${id}  ${title}${unread > 0 ? `  (${unread} new)` : ''}`)
  }
}

export async function newChat(context: CommandContext, title: string): Promise<void> {
  const { id } = await (await profileOf(context)).chats.create({ title })
  context.answer.tell({ id, title }, id)
}

export async function joinChat(context: CommandContext, invitation: string): Promise<void> {
  const { id, title } = await (await profileOf(context)).chats.join(invitation)
  context.answer.tell({ id, title }, `${id}  ${title}`)
}

/** Invite somebody, tell who joins, and stay reachable until stopped: whoever joins gets the chat from here. */
export async function inviteToChat(context: CommandContext, id: string): Promise<void> {
  const chat = await chatOf(context, id)
  chat.addEventListener('member:added', ({ detail: { did } }) => context.answer.tell({ joined: did }, `joined: ${did}`))
  const invitation = await chat.invite()
  context.answer.tell({ invitation }, invitation)
  await context.stopped()
}

export async function send(context: CommandContext, id: string, text: string): Promise<void> {
  const { id: message } = await (await chatOf(context, id)).send(text)
  context.answer.tell({ id: message }, message)
}

/** The newest messages, then, when asked to follow, those that come until stopped. */
export async function tail(
  context: CommandContext,
  id: string,
  options: { lines: number; follow: boolean }
): Promise<void> {
  const chat = await chatOf(context, id)
  const newest: Message[] = []
  for await (const message of chat.messages({ reverse: true, limit: options.lines })) newest.unshift(message)
  for (const message of newest) tellMessage(context, chat, message)
  if (!options.follow) return
  chat.addEventListener('message:added', ({ detail: { message } }) => tellMessage(context, chat, message))
  await context.stopped()
}

/** All messages of a chat, oldest first, one line of JSON each. */
export async function exportChat(context: CommandContext, id: string): Promise<void> {
  const chat = await chatOf(context, id)
  for await (const message of chat.messages()) tellMessage(context, chat, message)
}

export async function listDevices(context: CommandContext): Promise<void> {
  for await (const { did, name, current } of (await profileOf(context)).devices.list()) {
    context.answer.tell({ did, name, current }, `${did}  ${name}${current ? '  (this one)' : ''}`)
  }
}

/** Let one more device become one's own, and stay reachable until stopped. */
export async function inviteDevice(context: CommandContext): Promise<void> {
  const profile = await profileOf(context)
  profile.addEventListener('device:added', ({ detail: { device } }) =>
    context.answer.tell({ linked: device.did }, `linked: ${device.did}`)
  )
  const confirm = async ({ code, device, signal }: LinkRequest): Promise<boolean> => {
    context.answer.tell({ code, device }, `A device has come. Its code must be ${code}.`)
    return await context.ask('Does it show the same? [y/N] ', signal)
  }
  const invitation = await profile.devices.invite({ confirm })
  context.answer.tell({ invitation }, invitation)
  await context.stopped()
}

/** @throws {UsageError} when there is no such device, or it is this one, or several are called so */
export async function removeDevice(context: CommandContext, given: string): Promise<void> {
  const profile = await profileOf(context)
  const device = await named(profile.devices.list(), given, ({ did, name }) => [did, name], 'device')
  if (device === undefined) throw new UsageError(`There is no device ${given}; see \`endra device list\`.`)
  if (device.current) throw new UsageError('A device can’t remove itself: use another one.')
  await profile.devices.remove(device.did)
  context.answer.tell({ removed: device.did }, `removed: ${device.did}`)
}

/** Who is reached, and why not: tries each chat once. */
export async function doctor(context: CommandContext): Promise<void> {
  const addresses = context.endra.getMultiaddrs()
  context.answer.tell({ addresses }, `Others reach this device at: ${addresses.join(' ') || 'no address'}`)
  const profile = await profileOf(context)
  let chats = 0
  for await (const chat of profile.chats.list()) {
    chats += 1
    const { level, peers } = await chat.sync()
    const { title, id } = chat
    context.answer.tell({ id, title, level, peers }, `${title}: ${verdict(chat.members().length, peers, level)}`)
  }
  if (chats === 0) context.answer.tell({ chats }, 'No chats yet, so there is nobody to reach.')
}

function verdict(members: number, peers: number, level: boolean): string {
  if (peers > 0) return level ? `level with ${peers} devices` : `connected with ${peers} devices, and not level yet`
  if (members < 2) return 'only you, so far'
  return 'nobody is reached. Either none of their devices is on, or none has an address that this one can call: at least one side has to be reachable'
}

function tellMessage({ answer }: CommandContext, chat: Chat, message: Message): void {
  const { id, author, sentAt, editedAt, text } = message
  const name = chat.members().find(({ did }) => did === author)?.name ?? author
  const times = { sentAt: sentAt.toISOString(), editedAt: editedAt?.toISOString() }
  answer.tell({ id, author, name, ...times, text }, `${times.sentAt}  ${name}: ${text}`)
}

/** Take part until stopped, and tell what comes. */
export async function tellAndStay(context: CommandContext): Promise<void> {
  const profile = await profileOf(context)
  const addresses = context.endra.getMultiaddrs()
  context.answer.tell({ serving: profile.name, addresses }, `${profile.name}’s device is on, at ${addresses.join(' ')}`)
  await context.stopped()
}
