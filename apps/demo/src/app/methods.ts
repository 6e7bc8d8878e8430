/*
 * Everything that a page can ask of its device. A new ability is one entry here, and pages can call it by its name.
 */
import { parseInvitation } from 'endra'
import * as v from 'valibot'
import type { Did } from 'walytis-identities'
import type { Method } from '../server/methods.ts'
import { excerpt } from './excerpt.ts'
import { folderSize } from './folder-size.ts'
import type { Session } from './session.ts'

/** Most messages that a search shows. */
const MOST_HITS = 50

const text = (most: number) => v.pipe(v.string(), v.maxLength(most))
/** Ids of chats, messages and devices: looked up, never taken apart. */
const id = text(256)
const name = v.pipe(text(256), v.trim(), v.minLength(1))
/** Read by endra, which says by name what is wrong with one. */
const invitation = text(32_768)
const did = v.custom<Did>(
  (value) => typeof value === 'string' && value.length < 256 && value.startsWith('did:walytis:')
)
const nothing = v.strictObject({})
const message = v.strictObject({ chat: id, message: id })
const body = v.pipe(
  text(64_000),
  v.check((value) => value.trim() !== '')
)

function method<A extends v.GenericSchema, R>(argument: A, run: Method<Session, A, R>['run']): Method<Session, A, R> {
  return { argument, run }
}

/** Methods by name. */
export const appMethods = {
  unlock: method(
    v.strictObject({ passphrase: v.pipe(text(1024), v.minLength(1)) }),
    async (session, { passphrase }) => {
      await session.unlock(passphrase)
    }
  ),
  lock: method(nothing, async (session) => await session.lock()),
  createProfile: method(v.strictObject({ name, deviceName: name }), async (session, given) => {
    await session.createProfile(given.name, given.deviceName)
  }),
  link: method(v.strictObject({ invitation, deviceName: name }), async (session, given) => {
    await session.link(given.invitation, given.deviceName)
  }),
  /** What an invitation says of itself, before it is used. */
  readInvitation: method(v.strictObject({ invitation }), async (_, given) => {
    const { kind, title, inviter } = parseInvitation(given.invitation)
    return { kind, title, inviter }
  }),
  /** A link for one more device. `unasked`: whoever comes with it is let in, for programs that hand it over themselves. */
  inviteDevice: method(v.strictObject({ unasked: v.optional(v.boolean()) }), async (session, { unasked }) => {
    return await session.profile().devices.invite(unasked === true ? {} : { confirm: session.links.confirm })
  }),
  /** Whether the device that has come shows the same code. */
  answerLink: method(v.strictObject({ device: did, same: v.boolean() }), async (session, { device, same }) => {
    session.links.answer(device, same)
  }),
  removeDevice: method(v.strictObject({ device: did }), async (session, { device }) => {
    await session.profile().devices.remove(device)
  }),
  createChat: method(v.strictObject({ title: name }), async (session, { title }) => {
    const chat = await session.profile().chats.create({ title })
    await session.follow(chat.id)
    return chat.id
  }),
  joinChat: method(v.strictObject({ invitation }), async (session, given) => {
    const chat = await session.profile().chats.join(given.invitation)
    await session.follow(chat.id)
    return chat.id
  }),
  leaveChat: method(v.strictObject({ chat: id }), async (session, { chat }) => await session.leave(chat)),
  inviteToChat: method(
    v.strictObject({ chat: id }),
    async (session, { chat }) => await session.chat(chat).chat.invite()
  ),
  removeMember: method(v.strictObject({ chat: id, member: did }), async (session, { chat, member }) => {
    await session.chat(chat).chat.remove(member)
  }),
  /** Messages with all words of a text, newest first. */
  search: method(v.strictObject({ text: v.pipe(text(256), v.trim(), v.minLength(1)) }), async (session, given) => {
    const hits: { chat: string; id: string; author: string; text: string; sentAt: number }[] = []
    for await (const { chat, message } of session.profile().search(given.text, { limit: MOST_HITS })) {
      const { id, author, sentAt } = message
      hits.push({ chat: chat.id, id, author, text: excerpt(message.text), sentAt: sentAt.getTime() })
    }
    return hits
  }),
  /** The newest messages, or those before one. */
  messages: method(v.strictObject({ chat: id, before: v.optional(id) }), async (session, { chat, before }) => {
    return await session.chat(chat).page(before)
  }),
  markRead: method(v.strictObject({ chat: id }), async (session, { chat }) => await session.chat(chat).chat.markRead()),
  send: method(v.strictObject({ chat: id, text: body, replyTo: v.optional(id) }), async (session, given) => {
    const { chat } = session.chat(given.chat)
    const replyTo = given.replyTo === undefined ? undefined : await chat.get(given.replyTo)
    return (await chat.send(given.text, { replyTo })).id
  }),
  edit: method(v.strictObject({ ...message.entries, text: body }), async (session, given) => {
    await (await session.chat(given.chat).chat.get(given.message)).edit(given.text)
  }),
  delete: method(message, async (session, given) => {
    await (await session.chat(given.chat).chat.get(given.message)).delete()
  }),
  restore: method(message, async (session, given) => {
    await (await session.chat(given.chat).chat.get(given.message)).restore()
  }),
  typing: method(v.strictObject({ chat: id, on: v.boolean() }), async (session, { chat, on }) => {
    session.chat(chat).chat.typing(on)
  }),
  setDraft: method(v.strictObject({ chat: id, text: text(64_000) }), async (session, given) => {
    await session.chat(given.chat).chat.setDraft(given.text.trim() === '' ? undefined : given.text)
  }),
  setChat: method(
    v.strictObject({ chat: id, archived: v.optional(v.boolean()), pinned: v.optional(v.boolean()) }),
    async (session, { chat, ...change }) => await session.chat(chat).chat.set(change)
  ),
  setRole: method(
    v.strictObject({ chat: id, member: did, role: v.picklist(['admin', 'member']) }),
    async (session, given) => await session.chat(given.chat).chat.setRole(given.member, given.role)
  ),
  hide: method(message, async (session, given) => await session.chat(given.chat).chat.hide(given.message)),
  versions: method(message, async (session, given) => await session.chat(given.chat).versions(given.message)),
  react: method(
    v.strictObject({ ...message.entries, emoji: v.pipe(text(64), v.minLength(1)) }),
    async (session, given) => {
      await session.chat(given.chat).chat.react(given.message, given.emoji)
    }
  ),
  unreact: method(v.strictObject({ ...message.entries, emoji: text(64) }), async (session, given) => {
    await session.chat(given.chat).chat.unreact(given.message, given.emoji)
  }),
  setCut: method(
    v.strictObject({ cut: v.boolean() }),
    async (session, { cut }) => await session.connections.setCut(cut)
  ),
  graph: method(
    v.strictObject({ chat: id, limit: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(500)) }),
    async (session, { chat, limit }) => await session.chat(chat).graph(limit)
  ),
  /** Bytes of the device's folder on the disk. */
  storage: method(nothing, async (session) => await folderSize(session.folder))
}

/** For pages: the type says what can be called, and with what. */
export type AppMethods = typeof appMethods
