/*
 * Opens the page in the browser of whoever started the device. The link is a secret and the arguments of programs are none: everybody on the
 * computer can list them. So the browser is given a file that only its owner can read, and that leads on to the link.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import open from 'open'

/** What tells whether somebody sits at a screen. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly platform: NodeJS.Platform
  /** Whether the program talks to a terminal. */
  readonly terminal: boolean
}

/** Whether somebody sits at a screen of this computer, where a browser can be opened: not in CI, and not over SSH. */
export function hasScreen({ env, platform, terminal }: Surroundings): boolean {
  if (!terminal || env['CI'] || env['SSH_CONNECTION']) return false
  return platform === 'darwin' || platform === 'win32' || Boolean(env['DISPLAY'] || env['WAYLAND_DISPLAY'])
}

/**
 * Open a link in the browser.
 *
 * @param home a folder of the user's: browsers that are shut in see neither hidden folders nor those for temporary files
 * @param openFile opens a file with the program that is meant for its kind
 * @returns what removes the file, once the link has been used
 * @throws what the system says when there is no browser; then nothing is left behind
 */
export async function openInBrowser(
  link: string,
  home: string,
  openFile: (path: string) => Promise<unknown> = async (path) => await open(path)
): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(home, 'endra-open-'))
  const remove = async (): Promise<void> => await rm(folder, { recursive: true, force: true })
  try {
    const path = join(folder, 'messenger.html')
    const html = `<!doctype html><meta http-equiv="refresh" content="0;url=${link}"><title>Endra</title>`
    await writeFile(path, html, { mode: 0o600 })
    await openFile(path)
    return remove
  } catch (error) {
    await remove()
    throw error
  }
}
