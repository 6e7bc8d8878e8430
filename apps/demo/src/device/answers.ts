/*
 * What a device's process does when the demo asks: each call by endra's public interface alone, and reported as endra shows it.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { Chat, Endra, Message, Profile } from 'endra'
import { UsageError } from '../errors.ts'
import type { Argument, CallName, DeviceCalls, Result, ShownMessage } from '../protocol.ts'
import { type Listenable, until } from './until.ts'

const MESSAGE_EVENTS = ['message:added', 'message:edited', 'message:deleted', 'message:restored', 'message:revoked']
const MEMBER_EVENTS = ['member:added', 'member:removed', 'member:named']

type Answers = { [N in CallName]: (argument: Argument<N>) => Promise<Result<N>> }

/** One device, as its process knows it. Has at most one profile. */
export class Device implements Answers {
  readonly #endra: Endra
  readonly #chats = new Map<string, { readonly chat: Chat; readonly arrivals: Map<string, bigint> }>()
  #profile: Profile | undefined

  constructor(endra: Endra) {
    this.#endra = endra
  }

  /** Take up the profile and chats that the folder holds. */
  async resume(): Promise<void> {
    for await (const { did } of this.#endra.profiles.list()) {
      await this.#enter(await this.#endra.profiles.get(did))
      return
    }
  }

  async createProfile({ name, deviceName }: Argument<'createProfile'>): Promise<Result<'createProfile'>> {
    const profile = await this.#enter(await this.#endra.profiles.create({ name, deviceName }))
    return { did: profile.did, name: profile.name }
  }

  async whoAmI(): Promise<Result<'whoAmI'>> {
    return { user: this.#mine().did, device: this.#mine().devices.this.did }
  }

  async inviteDevice(): Promise<string> {
    return await this.#mine().devices.invite()
  }

  async link({ invitation, deviceName }: Argument<'link'>): Promise<Result<'link'>> {
    const profile = await this.#enter(await this.#endra.profiles.link(invitation, { deviceName }))
    const devices: string[] = []
    for await (const device of profile.devices.list()) devices.push(device.name)
    return { did: profile.did, name: profile.name, devices }
  }

  async createChat({ title }: Argument<'createChat'>): Promise<Result<'createChat'>> {
    return { id: this.#follow(await this.#mine().chats.create({ title })).id }
  }

  async invite({ chat }: Argument<'invite'>): Promise<string> {
    return await this.#chat(chat).invite()
  }

  async join({ invitation }: Argument<'join'>): Promise<Result<'join'>> {
    const { id, title } = this.#follow(await this.#mine().chats.join(invitation))
    return { id, title }
  }

  async chats(): Promise<Result<'chats'>> {
    const chats: Result<'chats'> = []
    for await (const { id, title } of this.#mine().chats.list()) chats.push({ id, title })
    return chats
  }

  async members({ chat }: Argument<'members'>): Promise<Result<'members'>> {
    return this.#chat(chat)
      .members()
      .map(({ did, name, me }) => ({ did, name, me }))
  }

  async removeMember({ chat, did }: Argument<'removeMember'>): Promise<undefined> {
    const member = this.#chat(chat)
      .members()
      .find((candidate) => candidate.did === did)
    if (member === undefined) throw new UsageError(`${did} is no member of the chat.`)
    await this.#chat(chat).remove(member.did)
  }

  async send({ chat, text }: Argument<'send'>): Promise<Result<'send'>> {
    return { id: (await this.#chat(chat).send(text)).id }
  }

  async edit({ chat, message, text }: Argument<'edit'>): Promise<undefined> {
    await (await this.#chat(chat).get(message)).edit(text)
  }

  async delete({ chat, message }: Argument<'delete'>): Promise<undefined> {
    await (await this.#chat(chat).get(message)).delete()
  }

  async messages({ chat }: Argument<'messages'>): Promise<ShownMessage[]> {
    const shown: ShownMessage[] = []
    for await (const message of this.#chat(chat).messages()) shown.push(show(this.#chat(chat), message))
    return shown
  }

  async untilChat({ chat }: Argument<'untilChat'>): Promise<Result<'untilChat'>> {
    const profile = this.#mine()
    return await until(profile as Listenable, ['chat:added'], async () => {
      for await (const known of profile.chats.list()) if (known.id === chat) return { title: this.#follow(known).title }
      return undefined
    })
  }

  async untilShown({ chat, message, text, deleted = false }: Argument<'untilShown'>): Promise<ShownMessage> {
    const within = this.#chat(chat)
    return await until(within as Listenable, MESSAGE_EVENTS, async () => {
      const found = await findMessage(within, message)
      const shown = found === undefined ? undefined : show(within, found)
      return shown?.deleted === deleted && (text ?? shown.text) === shown.text ? shown : undefined
    })
  }

  async untilMembers({ chat, names }: Argument<'untilMembers'>): Promise<Result<'untilMembers'>> {
    const within = this.#chat(chat)
    return await until(within as Listenable, MEMBER_EVENTS, async () => {
      const members = within.members()
      const found = members.length === names.length && members.every(({ name }) => names.includes(name))
      return found ? members.map(({ did, name }) => ({ did, name })) : undefined
    })
  }

  async sync({ chat, patienceMs }: Argument<'sync'>): Promise<Result<'sync'>> {
    const signal = AbortSignal.timeout(patienceMs)
    try {
      return await this.#chat(chat).sync({ signal })
    } catch (error) {
      if (signal.aborted) return { level: false, peers: 0 }
      throw error
    }
  }

  async stateHash({ chat }: Argument<'stateHash'>): Promise<string> {
    return await this.#chat(chat).stateHash()
  }

  async untilState({ chat, hash, patienceMs }: Argument<'untilState'>): Promise<string> {
    const within = this.#chat(chat)
    const late = pause(patienceMs, undefined, { ref: false }).then(async () => await within.stateHash())
    const reached = until(within as Listenable, [...MESSAGE_EVENTS, ...MEMBER_EVENTS], async () => {
      const now = await within.stateHash()
      return now === hash ? now : undefined
    })
    return await Promise.race([reached, late])
  }

  async burst({ chat, texts, intervalMs }: Argument<'burst'>): Promise<Result<'burst'>> {
    const within = this.#chat(chat)
    const sent: Result<'burst'> = []
    for (const text of texts) {
      const at = process.hrtime.bigint()
      sent.push({ id: (await within.send(text)).id, at })
      const left = intervalMs - Number(process.hrtime.bigint() - at) / 1e6
      // A timer may fire up to 1 ms early.
      await pause(Math.max(1, Math.ceil(left) + 1))
    }
    return sent
  }

  async arrivals({ chat, messages }: Argument<'arrivals'>): Promise<Map<string, bigint>> {
    const within = this.#chat(chat)
    const arrivals = this.#chats.get(chat)?.arrivals ?? new Map<string, bigint>()
    // A message can be read a moment before its event.
    return await until(within as Listenable, MESSAGE_EVENTS, async () =>
      messages.every((id) => arrivals.has(id)) ? arrivals : undefined
    )
  }

  async stop(): Promise<undefined> {
    await this.#endra.stop()
  }

  async #enter(profile: Profile): Promise<Profile> {
    this.#profile = profile
    profile.addEventListener('chat:added', ({ detail }) => this.#follow(detail.chat))
    for await (const chat of profile.chats.list()) this.#follow(chat)
    return profile
  }

  /** Note when messages arrive from now on. */
  #follow(chat: Chat): Chat {
    const known = this.#chats.get(chat.id)
    if (known !== undefined) return known.chat
    const arrivals = new Map<string, bigint>()
    this.#chats.set(chat.id, { chat, arrivals })
    chat.addEventListener('message:added', ({ detail }) => {
      const at = process.hrtime.bigint()
      if (!arrivals.has(detail.message.id)) arrivals.set(detail.message.id, at)
    })
    return chat
  }

  #mine(): Profile {
    if (this.#profile === undefined) throw new UsageError('This device has no profile yet.')
    return this.#profile
  }

  #chat(id: string): Chat {
    const known = this.#chats.get(id)
    if (known === undefined) throw new UsageError(`This device does not have the chat ${id}.`)
    return known.chat
  }
}

/** Calls are named by the methods of `DeviceCalls`; nothing else can be reached by name. */
export const CALLS: ReadonlySet<string> = new Set<keyof DeviceCalls>([
  'createProfile',
  'whoAmI',
  'inviteDevice',
  'link',
  'createChat',
  'invite',
  'join',
  'chats',
  'members',
  'removeMember',
  'send',
  'edit',
  'delete',
  'messages',
  'untilChat',
  'untilShown',
  'untilMembers',
  'sync',
  'stateHash',
  'untilState',
  'burst',
  'arrivals',
  'stop'
])

async function findMessage(chat: Chat, id: string): Promise<Message | undefined> {
  try {
    return await chat.get(id)
  } catch (error) {
    if (error instanceof Error && error.name === 'NotFoundError') return undefined
    throw error
  }
}

function show(chat: Chat, message: Message): ShownMessage {
  const author = chat.members().find(({ did }) => did === message.author)?.name ?? message.author
  const { id, text, deleted } = message
  return { id, author, text, deleted, edited: message.editedAt !== undefined }
}
