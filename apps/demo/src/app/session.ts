/*
 * What one device process has in hand, from the locked folder to open chats, and what it tells pages of it. Methods of pages call it; it owns
 * the node and everything that follows it.
 */
import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createEndra, type Endra, type EndraInit, type Profile } from 'endra'
import { NotReadyError } from '../errors.ts'
import { EventLog } from '../server/event-log.ts'
import { Connections } from './connections.ts'
import { FollowedChat } from './followed-chat.ts'
import { LinkRequests } from './link-requests.ts'
import type { AppEvent, AppState, DeviceView, NetworkView } from './view.ts'

export interface SessionInit {
  /** Folder of the device: the store, and the page's own few files. */
  readonly folder: string
  /** Where to listen, whether to look around in the local network, and so on. */
  readonly node: Omit<EndraInit, 'storage' | 'passphrase' | 'key'>
  /** Told of what failed with nobody waiting for it. */
  failed(error: unknown): void
}

/** Events that are kept for pages that were away for a moment. */
const KEPT_EVENTS = 2000
/** After connections changed, how long to wait for more changes, in milliseconds. */
const SETTLE_MS = 300

/** What is there while the device is unlocked. */
interface Unlocked {
  readonly endra: Endra
  profile?: Profile
  devices: DeviceView['devices']
  readonly chats: Map<string, FollowedChat>
  readonly closing: AbortController
}

export class Session {
  readonly events = new EventLog<AppEvent>(KEPT_EVENTS)
  readonly connections: Connections
  readonly links = new LinkRequests(() => this.#tellDevice())
  readonly #init: SessionInit
  #state: DeviceView['state'] = 'locked'
  #linking: DeviceView['linking']
  #unlocked: Unlocked | undefined
  #opening: Promise<void> | undefined
  #closing: Promise<void> | undefined
  #settling: NodeJS.Timeout | undefined

  constructor(init: SessionInit) {
    this.#init = init
    this.connections = new Connections(() => this.#connectionsChanged())
  }

  /** Where everything of this device is. */
  get folder(): string {
    return this.#init.folder
  }

  /** Look what is in the folder, and make it where it is not. */
  async start(): Promise<void> {
    await mkdir(this.#store, { recursive: true, mode: 0o700 })
    this.#state = (await readdir(this.#store)).length === 0 ? 'new' : 'locked'
  }

  snapshot(): AppState {
    const chats = [...(this.#unlocked?.chats.values() ?? [])].map((chat) => chat.view())
    return { device: this.device(), chats, network: this.network() }
  }

  device(): DeviceView {
    const profile = this.#unlocked?.profile
    return {
      state: this.#state,
      profile: profile === undefined ? undefined : { did: profile.did, name: profile.name },
      devices: this.#unlocked?.devices ?? [],
      linking: this.#linking,
      asking: profile === undefined ? undefined : this.links.first
    }
  }

  network(): NetworkView {
    const addresses = this.#unlocked?.endra.getMultiaddrs() ?? []
    const peer = /\/p2p\/([^/]+)$/.exec(addresses[0] ?? '')?.[1] ?? ''
    return { cut: this.connections.cut, peer, addresses, connections: this.connections.list() }
  }

  /**
   * Unlock the folder, or lock it from now on with this passphrase when it is new.
   *
   * @throws {WrongPassphraseError}
   * @throws {NotReadyError} when it is not locked
   */
  async unlock(passphrase: string): Promise<void> {
    const before = this.#state
    if (before !== 'new' && before !== 'locked') throw new NotReadyError('This device is unlocked already.')
    this.#enter('unlocking')
    this.#opening = this.#open(passphrase)
    try {
      await this.#opening
    } catch (error) {
      await this.#close()
      this.#enter(before)
      throw error
    }
  }

  /** Stop taking part, and forget the key and everything that was told. */
  async lock(): Promise<void> {
    // What is just being opened is closed once it is open; if that fails, whoever asked for it is told.
    if (this.#state === 'unlocking') await this.#opening?.catch(() => undefined)
    if (this.#unlocked !== undefined) {
      this.#closing = this.#close()
      this.#enter('locked')
    }
    await this.#closing
  }

  async createProfile(name: string, deviceName: string): Promise<void> {
    const { endra } = this.#welcome()
    await this.#adopt(await endra.profiles.create({ name, deviceName }))
  }

  /** @throws {InvitationError} @throws {DeadlineError} */
  async link(invitation: string, deviceName: string): Promise<void> {
    const { endra, closing } = this.#welcome()
    this.#linking = { step: 'joining', received: 0, expected: 0 }
    this.#enter('linking')
    try {
      const onProgress = ({ step, received, expected }: NonNullable<DeviceView['linking']>): void => {
        this.#linking = { ...this.#linking, step, received, expected }
        this.#tellDevice()
      }
      const onCode = (code: string): void => {
        this.#linking = { step: 'joining', received: 0, expected: 0, code }
        this.#tellDevice()
      }
      const profile = await endra.profiles.link(invitation, { deviceName, onProgress, onCode, signal: closing.signal })
      this.#linking = undefined
      await this.#adopt(profile)
    } catch (error) {
      this.#linking = undefined
      if (this.#unlocked?.closing === closing) this.#enter('welcome')
      throw error
    }
  }

  /** @throws {NotReadyError} while there is none */
  profile(): Profile {
    const profile = this.#unlocked?.profile
    if (profile === undefined) throw new NotReadyError('This device is locked, or nobody’s yet.')
    return profile
  }

  /** @throws {NotReadyError} when no such chat is open here */
  chat(id: string): FollowedChat {
    const chat = this.#unlocked?.chats.get(id)
    if (chat === undefined) throw new NotReadyError('This chat is not open on this device.')
    return chat
  }

  /** Follow a chat of the profile's, once. */
  async follow(id: string): Promise<void> {
    const unlocked = this.#unlocked
    if (unlocked === undefined || unlocked.chats.has(id)) return
    const chat = await this.profile().chats.get(id)
    if (unlocked.chats.has(id) || this.#unlocked !== unlocked) return
    const followed = new FollowedChat({
      chat,
      me: this.profile().did,
      emit: (event) => this.events.add(event),
      failed: (error) => this.#init.failed(error)
    })
    unlocked.chats.set(id, followed)
    await followed.open()
    if (this.#unlocked === unlocked) this.events.add({ type: 'chat', chat: followed.view() })
  }

  async leave(id: string): Promise<void> {
    await this.profile().chats.leave(id)
    await this.#forget(id)
  }

  async #open(passphrase: string): Promise<void> {
    await this.#closing
    const { libp2p, ...node } = this.#init.node
    const watched = this.connections.options()
    const services = { ...libp2p?.services, ...watched.services }
    const endra = await createEndra({
      ...node,
      storage: this.#store,
      passphrase,
      libp2p: { ...libp2p, ...watched, services }
    })
    this.#unlocked = { endra, devices: [], chats: new Map(), closing: new AbortController() }
    for await (const { did } of endra.profiles.list()) return await this.#adopt(await endra.profiles.get(did))
    this.#enter('welcome')
  }

  async #close(): Promise<void> {
    const unlocked = this.#unlocked
    if (unlocked === undefined) return
    this.#unlocked = undefined
    unlocked.closing.abort()
    clearTimeout(this.#settling)
    for (const id of unlocked.chats.keys()) this.events.add({ type: 'chat:gone', id })
    // Kept events hold messages: a page that comes back while this is locked must not get them.
    this.events.clear()
    await Promise.all([...unlocked.chats.values()].map(async (chat) => await chat.close()))
    await unlocked.endra.stop()
  }

  get #store(): string {
    return join(this.#init.folder, 'store')
  }

  #welcome(): Unlocked {
    if (this.#unlocked === undefined || this.#state !== 'welcome') {
      throw new NotReadyError('Only a device that is unlocked, and nobody’s yet, can do this.')
    }
    return this.#unlocked
  }

  async #adopt(profile: Profile): Promise<void> {
    const unlocked = this.#unlocked
    if (unlocked === undefined) return
    unlocked.profile = profile
    const { signal } = unlocked.closing
    profile.addEventListener('chat:added', ({ detail }) => this.#background(this.follow(detail.chat.id)), { signal })
    profile.addEventListener('chat:removed', ({ detail }) => this.#background(this.#forget(detail.id)), { signal })
    for (const type of ['device:added', 'device:removed', 'device:named'] as const) {
      profile.addEventListener(type, () => this.#background(this.#listDevices()), { signal })
    }
    profile.addEventListener('self:removed', () => this.#enter('removed'), { signal })
    for await (const chat of profile.chats.list()) await this.follow(chat.id)
    await this.#listDevices()
    // locked meanwhile
    if (this.#unlocked !== unlocked) return
    // One that was removed learns it once, and is so after each start.
    this.#enter(unlocked.devices.some(({ current }) => current) ? 'ready' : 'removed')
  }

  /** A chat was left, here or on another device. */
  async #forget(id: string): Promise<void> {
    const followed = this.#unlocked?.chats.get(id)
    if (followed === undefined) return
    this.#unlocked?.chats.delete(id)
    await followed.close()
    this.events.add({ type: 'chat:gone', id })
  }

  async #listDevices(): Promise<void> {
    const unlocked = this.#unlocked
    if (unlocked?.profile === undefined) return
    const devices: DeviceView['devices'][number][] = []
    for await (const { did, name, current } of unlocked.profile.devices.list()) devices.push({ did, name, current })
    unlocked.devices = devices
    this.#tellDevice()
  }

  #enter(state: DeviceView['state']): void {
    this.#state = state
    this.#tellDevice()
    this.#tellNetwork()
  }

  #connectionsChanged(): void {
    clearTimeout(this.#settling)
    this.#settling = setTimeout(() => {
      this.#tellNetwork()
    }, SETTLE_MS)
  }

  #tellDevice(): void {
    this.events.add({ type: 'device', device: this.device() })
  }

  #tellNetwork(): void {
    this.events.add({ type: 'network', network: this.network() })
  }

  #background(work: Promise<void>): void {
    const unlocked = this.#unlocked
    work.catch((error: unknown) => {
      if (unlocked?.closing.signal.aborted !== true) this.#init.failed(error)
    })
  }
}
