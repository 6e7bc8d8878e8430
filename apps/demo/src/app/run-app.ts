/*
 * One device with its page: opens the folder's session, serves the page, and ends when asked. At a terminal it prints links; as a child of another
 * program it tells that instead.
 */

import { explain } from '../explain.ts'
import { loadFiles } from '../server/files.ts'
import { startPageServer } from '../server/server.ts'
import type { Output } from '../transcript.ts'
import { appMethods } from './methods.ts'
import { Session, type SessionInit } from './session.ts'

export interface AppOptions {
  readonly folder: string
  readonly node: SessionInit['node']
  /** Folder of the built page. */
  readonly page: string
  readonly port: number
  readonly framedBy?: string | undefined
  /** Unlocks at once, so that a device without anybody at it takes part. */
  readonly passphrase?: string | undefined
  readonly debug: boolean
  readonly warn: Output
  /** Told the link of the page, and each further one after one was used. */
  onLink(link: string): void
}

/** A device that is running. */
export interface RunningApp {
  readonly session: Session
  /** A link to its page that can be used once. */
  link(): string
  stop(): Promise<void>
}

/** Start a device and its page. */
export async function runApp(options: AppOptions): Promise<RunningApp> {
  const { folder, node, port, framedBy, debug, warn } = options
  const session = new Session({ folder, node, failed: (error) => warn(explain(error, debug)) })
  await session.start()
  const face = {
    context: session,
    methods: appMethods,
    events: session.events,
    snapshot: () => session.snapshot()
  }
  const files = await loadFiles(options.page, 'index')
  const onLinkUsed = (): void => options.onLink(server.link())
  const server = await startPageServer({ face, files, port, framedBy, onLinkUsed })
  try {
    if (options.passphrase !== undefined) await session.unlock(options.passphrase)
  } catch (error) {
    await server.stop()
    throw error
  }
  options.onLink(server.link())
  const stop = async (): Promise<void> => {
    await server.stop()
    await session.lock()
  }
  return { session, link: () => server.link(), stop }
}
