/*
 * Where the story plays: three folders, three passphrases, and a recording proxy in front of each device, so that all that
 * the devices say to each other passes where it can be looked at. Owns every process, and ends them all.
 */
import type { ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DeviceProcess } from './device-process.ts'
import { StageClearedError } from './errors.ts'
import { freePort, RecordingProxy } from './wire/recording-proxy.ts'

/** The devices of the story. */
export const CAST = { laptop: "Alice's laptop", phone: "Alice's phone", bob: "Bob's laptop" } as const

export type Role = keyof typeof CAST

export interface StageInit {
  /** An existing folder for everything. */
  readonly root: string
  /** The program of a device, and the one of a member that was removed. */
  readonly programs: { readonly device: string; readonly removedMember: string }
  readonly debug: boolean
  readonly deadlineMs: number
}

export class Stage {
  readonly init: StageInit
  /** What unlocks the folders. */
  readonly passphrases: readonly string[]
  readonly #proxies: ReadonlyMap<Role, RecordingProxy>
  readonly #children = new Set<ChildProcess>()
  readonly #pids = new Set<number>()
  #cleared = false

  private constructor(init: StageInit, passphrases: readonly string[], proxies: ReadonlyMap<Role, RecordingProxy>) {
    this.init = init
    this.passphrases = passphrases
    this.#proxies = proxies
  }

  static async set(init: StageInit): Promise<Stage> {
    const proxies = new Map<Role, RecordingProxy>()
    const passphrases: string[] = []
    await mkdir(join(init.root, 'passphrases'))
    for (const role of Object.keys(CAST) as Role[]) {
      proxies.set(role, await RecordingProxy.start())
      await mkdir(join(init.root, role))
      const passphrase = randomBytes(24).toString('base64url')
      passphrases.push(passphrase)
      await writeFile(join(init.root, 'passphrases', role), `${passphrase}\n`, { mode: 0o600 })
    }
    return new Stage(init, passphrases, proxies)
  }

  folderOf(role: Role): string {
    return join(this.init.root, role)
  }

  passphraseFileOf(role: Role): string {
    return join(this.init.root, 'passphrases', role)
  }

  /** Start the process of a device, on whatever its folder holds.
   * @throws {StageClearedError} */
  async start(role: Role): Promise<DeviceProcess> {
    const { listen, announce } = await this.addressesOf(role)
    if (this.#cleared) throw new StageClearedError()
    const { programs, debug, deadlineMs } = this.init
    const device = await DeviceProcess.start(
      {
        program: programs.device,
        name: CAST[role],
        storage: this.folderOf(role),
        passphraseFile: this.passphraseFileOf(role),
        listen,
        announce,
        debug,
        deadlineMs
      },
      (child) => this.adopt(child)
    )
    this.#pids.add(device.pid)
    return device
  }

  /** A port of its own for a device that is about to start, and the proxy's, which is the one that others are told. */
  async addressesOf(role: Role): Promise<{ listen: string; announce: string }> {
    const port = await freePort()
    const proxy = this.#proxies.get(role)
    proxy?.forwardTo(port)
    return { listen: `/ip4/127.0.0.1/tcp/${port}`, announce: `/ip4/127.0.0.1/tcp/${proxy?.port}` }
  }

  /** End this process, too, when the play is over. */
  adopt(child: ChildProcess): void {
    this.#children.add(child)
    child.once('exit', () => this.#children.delete(child))
    if (this.#cleared) child.kill('SIGKILL')
  }

  /** How many processes of devices have run. */
  get processes(): number {
    return this.#pids.size
  }

  /** All that the devices have said to each other so far. */
  traffic(): Buffer[] {
    return [...this.#proxies.values()].flatMap((proxy) => proxy.recordings())
  }

  /** End whatever still runs, at once. */
  async clear(): Promise<void> {
    this.#cleared = true
    const ended = [...this.#children].map(
      (child) => new Promise<void>((resolve) => child.once('close', () => resolve()))
    )
    for (const child of this.#children) child.kill('SIGKILL')
    await Promise.all(ended)
    for (const proxy of this.#proxies.values()) await proxy.stop()
  }
}
