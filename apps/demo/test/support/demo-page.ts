import { type ChildProcess, spawn } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Frame, Page } from 'playwright-core'
import { programOf } from './run.ts'

/** The demo with its page, as a process, and the link that it printed. */
export async function startDemoPage(): Promise<{ demo: ChildProcess; link: string }> {
  const env = {
    ...process.env,
    NODE_OPTIONS: '--disable-warning=ExperimentalWarning',
    NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache')
  }
  const demo = spawn(process.execPath, [programOf('demo'), '--page'], { stdio: ['ignore', 'pipe', 'inherit'], env })
  const link = Promise.withResolvers<string>()
  let out = ''
  demo.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
    const found = /Their page: (\S+)\n/.exec(out)?.[1]
    if (found !== undefined) link.resolve(found)
  })
  demo.once('exit', () => link.reject(new TypeError(`The demo ended without a link: ${out}`)))
  return { demo, link: await link.promise }
}

/** The pane of a device. */
export async function frameOf(page: Page, name: string): Promise<Frame> {
  const handle = await page.getByTitle(`The messenger on ${name}`).elementHandle()
  const frame = await handle?.contentFrame()
  if (frame === null || frame === undefined) throw new TypeError(`There is no pane of ${name}`)
  return frame
}

export async function sayIn(frame: Frame, text: string): Promise<void> {
  const field = frame.getByLabel('Message', { exact: true })
  await field.fill(text)
  await field.press('Enter')
  await frame.getByRole('article').filter({ hasText: text }).first().waitFor()
}
