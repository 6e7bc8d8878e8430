/*
 * The demo with a page: three devices, each a process with its own folder and page, prepared as far as two people who have just met, and then
 * left to whoever looks at them. Owns the processes.
 */
import { randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { BlockView } from '../app/view.ts'
import { StageClearedError, UsageError } from '../errors.ts'
import { EventLog } from '../server/event-log.ts'
import { freePort } from '../wire/recording-proxy.ts'
import { AppChild } from './app-child.ts'
import { mergedGraph } from './merged-graph.ts'
import { STAGE_ROLES, type StageDevice, type StageEvent, type StageRole, type StageState } from './view.ts'

export interface LiveStageInit {
  readonly root: string
  /** Path of the program of a device with a page. */
  readonly program: string
  readonly debug: boolean
  failed(error: unknown): void
}

const NAMES: Readonly<Record<StageRole, string>> = {
  laptop: 'Alice’s laptop',
  phone: 'Alice’s phone',
  bob: 'Bob’s laptop'
}
const KEPT_EVENTS = 200
/** Most blocks in the picture. */
const MOST_BLOCKS = 120
/** After a change, how long more of them are waited for before the graph is read again, in milliseconds. */
const SETTLE_MS = 120

interface Player {
  readonly role: StageRole
  readonly port: number
  /** At which other devices reach it, the same after each start. */
  readonly listen: string
  readonly passphraseFile: string
  child: AppChild | undefined
  state: StageDevice['state']
  cut: boolean
}

export class LiveStage {
  readonly events = new EventLog<StageEvent>(KEPT_EVENTS)
  readonly #init: LiveStageInit
  readonly #players = new Map<StageRole, Player>()
  readonly #graphs = new Map<StageRole, readonly BlockView[]>()
  readonly #reading = new Map<StageRole, NodeJS.Timeout>()
  #framedBy = ''
  #chat: string | undefined
  #preparing: string | undefined = 'Starting three devices'
  #cleared = false

  constructor(init: LiveStageInit) {
    this.#init = init
  }

  /** Folders, passphrases and ports. */
  async set(): Promise<void> {
    await mkdir(join(this.#init.root, 'passphrases'))
    for (const role of STAGE_ROLES) {
      const passphraseFile = join(this.#init.root, 'passphrases', role)
      await writeFile(passphraseFile, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600 })
      const listen = `/ip4/127.0.0.1/tcp/${await freePort()}`
      const port = await freePort()
      this.#players.set(role, { role, port, listen, passphraseFile, child: undefined, state: 'killed', cut: false })
    }
  }

  snapshot(): StageState {
    return { preparing: this.#preparing, devices: this.#devices(), blocks: mergedGraph(this.#graphs, MOST_BLOCKS) }
  }

  /** Origins of the devices' pages. */
  origins(): string[] {
    return this.#devices().map(({ origin }) => origin)
  }

  /** Start the devices and let their people meet. `framedBy` is the page that shows theirs. */
  async prepare(framedBy: string): Promise<void> {
    this.#framedBy = framedBy
    await Promise.all(STAGE_ROLES.map(async (role) => await this.start(role)))
    const [laptop, phone, bob] = STAGE_ROLES.map((role) => this.#child(role)) as [AppChild, AppChild, AppChild]
    this.#step('Alice and Bob choose their names')
    await laptop.call('createProfile', { name: 'Alice', deviceName: 'Laptop' })
    await bob.call('createProfile', { name: 'Bob', deviceName: 'Laptop' })
    this.#step('Alice links her phone')
    await phone.call('link', { invitation: await laptop.call('inviteDevice', { unasked: true }), deviceName: 'Phone' })
    this.#step('Alice begins a chat, and Bob joins it')
    const chat = await laptop.call('createChat', { title: 'Picnic by the river' })
    await bob.call('joinChat', { invitation: await laptop.call('inviteToChat', { chat }) })
    this.#chat = chat
    await laptop.call('send', { chat, text: 'Shall we meet on **Saturday** at eleven?' })
    await bob.call('send', { chat, text: 'Gladly! I bring lemonade 🍋' })
    for (const role of STAGE_ROLES) this.#readSoon(role)
    this.#step(undefined)
  }

  /** Start a device on whatever its folder holds. @throws {StageClearedError} @throws {DeviceExitedError} */
  async start(role: StageRole): Promise<void> {
    if (this.#cleared) throw new StageClearedError()
    const player = this.#player(role)
    if (player.child !== undefined) throw new UsageError('This device is running already.')
    const { port, listen, passphraseFile } = player
    const folder = join(this.#init.root, role)
    const given = { folder, port, listen, 'passphrase-file': passphraseFile, 'framed-by': this.#framedBy }
    const options = Object.entries(given).flatMap(([name, value]) => [`--${name}`, String(value)])
    const child = new AppChild({
      name: NAMES[role],
      program: this.#init.program,
      options: [...options, '--no-mdns', ...(this.#init.debug ? ['--debug'] : [])],
      onChange: () => this.#readSoon(role),
      onExit: () => this.#ended(player, child)
    })
    player.child = child
    player.cut = false
    this.#enter(player, 'starting')
    await child.ready()
    this.#enter(player, 'running')
    this.#readSoon(role)
  }

  async kill(role: StageRole): Promise<void> {
    await this.#child(role).end('SIGKILL')
  }

  async setCut(role: StageRole, cut: boolean): Promise<void> {
    await this.#child(role).call('setCut', { cut })
    this.#player(role).cut = cut
    this.#tell()
  }

  async link(role: StageRole): Promise<string> {
    return await this.#child(role).link()
  }

  /** End whatever still runs, and wait for it. */
  async clear(): Promise<void> {
    this.#cleared = true
    for (const timer of this.#reading.values()) clearTimeout(timer)
    await Promise.all([...this.#players.values()].map(async ({ child }) => await child?.end('SIGKILL')))
  }

  #player(role: StageRole): Player {
    const player = this.#players.get(role)
    if (player === undefined) throw new UsageError('There is no such device.')
    return player
  }

  #child(role: StageRole): AppChild {
    const { child } = this.#player(role)
    if (child === undefined) throw new UsageError('This device is not running.')
    return child
  }

  #devices(): StageDevice[] {
    return [...this.#players.values()].map(({ role, state, cut, port }) => {
      return { role, name: NAMES[role], state, cut, origin: `http://127.0.0.1:${port}` }
    })
  }

  #ended(player: Player, child: AppChild): void {
    if (player.child !== child) return
    player.child = undefined
    this.#enter(player, 'killed')
  }

  #enter(player: Player, state: StageDevice['state']): void {
    player.state = state
    this.#tell()
  }

  #tell(): void {
    this.events.add({ type: 'devices', devices: this.#devices() })
  }

  #step(step: string | undefined): void {
    this.#preparing = step
    this.events.add({ type: 'preparing', step })
  }

  /** Read a device's graph once what is going on there has settled. */
  #readSoon(role: StageRole): void {
    if (this.#cleared || this.#chat === undefined || this.#reading.has(role)) return
    const timer = setTimeout(() => {
      this.#reading.delete(role)
      this.#read(role).catch((error: unknown) => {
        // one that was killed meanwhile is read again after its next start
        if (this.#player(role).child !== undefined) this.#init.failed(error)
      })
    }, SETTLE_MS)
    this.#reading.set(role, timer)
  }

  async #read(role: StageRole): Promise<void> {
    const { child } = this.#player(role)
    if (child === undefined || this.#chat === undefined) return
    const graph = await child.call('graph', { chat: this.#chat, limit: MOST_BLOCKS })
    if (sameBlocks(graph, this.#graphs.get(role))) return
    this.#graphs.set(role, graph)
    this.events.add({ type: 'blocks', blocks: mergedGraph(this.#graphs, MOST_BLOCKS) })
  }
}

function sameBlocks(a: readonly BlockView[], b: readonly BlockView[] | undefined): boolean {
  return a.length === b?.length && a.every(({ id }, index) => id === b[index]?.id)
}
