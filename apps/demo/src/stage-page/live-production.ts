/*
 * One run of the demo with a page: folders, devices, and the page that shows them, until somebody ends it.
 */
import { rm } from 'node:fs/promises'
import { explain } from '../explain.ts'
import { folderFor } from '../folders.ts'
import { loadFiles } from '../server/files.ts'
import { type PageServer, startPageServer } from '../server/server.ts'
import type { Output } from '../transcript.ts'
import { LiveStage } from './live-stage.ts'
import { stageMethods } from './methods.ts'

export interface LiveProductionOptions {
  /** Folder to keep everything in; left out: a temporary one, removed at the end. */
  readonly keep: string | undefined
  readonly debug: boolean
  readonly port: number
  /** Path of the program of a device with a page. */
  readonly program: string
  /** Folder of the built pages. */
  readonly page: string
  readonly write: Output
}

export class LiveProduction {
  readonly #options: LiveProductionOptions
  #root: string | undefined
  #stage: LiveStage | undefined
  #server: PageServer | undefined
  #ended: Promise<void> | undefined

  constructor(options: LiveProductionOptions) {
    this.#options = options
  }

  /** Prepare everything; then it goes on until `end`. @throws what a device failed with */
  async run(): Promise<undefined> {
    const { keep, debug, port, program, page, write } = this.#options
    this.#root = await folderFor(keep)
    const failed = (error: unknown): void => void process.stderr.write(`${explain(error, debug)}\n`)
    const stage = new LiveStage({ root: this.#root, program, debug, failed })
    this.#stage = stage
    await stage.set()
    const server: PageServer = await startPageServer({
      face: { context: stage, methods: stageMethods, events: stage.events, snapshot: () => stage.snapshot() },
      files: await loadFiles(page, 'stage'),
      port,
      frames: () => stage.origins(),
      onLinkUsed: (): void => write(`To open it elsewhere on this computer: ${server.link()}`)
    })
    this.#server = server
    write(`Three devices, each a process with a folder of its own in ${this.#root}`)
    write(`Their page: ${server.link()}`)
    write('Ctrl-C ends the demo. Without a page, as a story in the terminal: npm run demo -- --headless')
    await stage.prepare(server.origin)
    return await new Promise<never>(() => undefined)
  }

  /** End all processes and remove what is not to be kept. Once is enough, and twice does no harm. */
  async end(): Promise<void> {
    this.#ended ??= this.#end()
    await this.#ended
  }

  async #end(): Promise<void> {
    await this.#server?.stop()
    await this.#stage?.clear()
    if (this.#root !== undefined && this.#options.keep === undefined) {
      await rm(this.#root, { recursive: true, force: true, maxRetries: 3 })
    }
  }
}
