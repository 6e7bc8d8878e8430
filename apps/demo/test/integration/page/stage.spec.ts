import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Frame, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectAccessible, hasBrowser, launchBrowser, picture } from '../../support/browser.ts'
import { programOf } from '../../support/run.ts'

let demo: ChildProcess
let browser: Browser
let page: Page
const complaints: string[] = []

/** The address that the demo prints. */
async function linkFrom(child: ChildProcess): Promise<string> {
  const link = Promise.withResolvers<string>()
  let out = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    out += text
    const found = /Their page: (\S+)\n/.exec(out)?.[1]
    if (found !== undefined) link.resolve(found)
  })
  child.once('exit', () => link.reject(new TypeError(`The demo ended without a link: ${out}`)))
  return await link.promise
}

async function frameOf(name: string): Promise<Frame> {
  const handle = await page.getByTitle(`The messenger on ${name}`).elementHandle()
  const frame = await handle?.contentFrame()
  if (frame === null || frame === undefined) throw new TypeError(`There is no pane of ${name}`)
  return frame
}

async function blocks(): Promise<{ all: number; everywhere: number }> {
  const all = page.locator('circle.block')
  return { all: await all.count(), everywhere: await page.locator('circle.everywhere').count() }
}

describe.skipIf(!hasBrowser)('the demo with its page', () => {
  beforeAll(async () => {
    demo = spawn(process.execPath, [programOf('demo'), '--page'], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        ...process.env,
        NODE_OPTIONS: '--disable-warning=ExperimentalWarning',
        NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache')
      }
    })
    browser = await launchBrowser()
    const context = await browser.newContext({ viewport: { width: 1400, height: 960 }, reducedMotion: 'reduce' })
    page = await context.newPage()
    page.setDefaultTimeout(60_000)
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(String(error)))
    await page.goto(await linkFrom(demo))
  })

  afterAll(async () => {
    await browser?.close()
    const ended = demo.exitCode === null && demo.signalCode === null ? once(demo, 'exit') : undefined
    demo.kill('SIGINT')
    await ended
  })

  it('shows three live devices and the graph of their chat', async () => {
    await page.getByRole('heading', { name: 'Alice’s phone' }).waitFor()
    for (const name of ['Alice’s laptop', 'Alice’s phone', 'Bob’s laptop']) {
      const frame = await frameOf(name)
      await frame.getByRole('button', { name: /Picnic by the river/ }).click()
      await frame.getByRole('article').filter({ hasText: 'lemonade' }).waitFor()
    }
    await expect.poll(async () => (await blocks()).everywhere, { timeout: 60_000 }).toBeGreaterThan(3)
  })

  it('shows branches while a device is cut off, and how they merge', async () => {
    const [laptop, bob] = [await frameOf('Alice’s laptop'), await frameOf('Bob’s laptop')]
    const pane = page.getByRole('region', { name: 'Bob’s laptop' })
    await pane.getByRole('button', { name: 'Cut network' }).click()
    await pane.getByText('Cut off').waitFor()
    for (const text of ['Who brings plates?', 'I do', 'And cups']) await sayIn(laptop, text)
    for (const text of ['Is it Saturday?', 'Nobody answers…']) await sayIn(bob, text)
    await page.locator('circle.block:not(.everywhere)').first().waitFor()
    await picture(page, 'stage')
    await expectAccessible(page)
    await pane.getByRole('button', { name: 'Restore network' }).click()
    await laptop.getByRole('article').filter({ hasText: 'Nobody answers' }).waitFor()
    await bob.getByRole('article').filter({ hasText: 'And cups' }).waitFor()
    await expect.poll(async () => (await blocks()).all - (await blocks()).everywhere, { timeout: 60_000 }).toBe(0)
    await picture(page, 'stage-merged')
  })

  it('goes on with a device that was killed', async () => {
    const pane = page.getByRole('region', { name: 'Alice’s phone' })
    await pane.getByRole('button', { name: 'Kill' }).click()
    await pane.getByText('Its process was killed').waitFor()
    await sayIn(await frameOf('Alice’s laptop'), 'Where is my phone?')
    await pane.getByRole('button', { name: 'Restart' }).click()
    await pane.getByText('Running').waitFor()
    const phone = await frameOf('Alice’s phone')
    await phone.getByRole('button', { name: /Picnic by the river/ }).click()
    await phone.getByRole('article').filter({ hasText: 'Where is my phone?' }).waitFor()
  })

  it('no page complained, but of the process that was killed', () => {
    expect(complaints.filter((text) => !text.includes('ERR_CONNECTION_REFUSED'))).toEqual([])
  })

  it('ends with everything it started, when it is told to', async () => {
    const exited = once(demo, 'exit')
    demo.kill('SIGINT')
    const [code] = await exited
    expect(code).toBe(0)
  })
})

async function sayIn(frame: Frame, text: string): Promise<void> {
  const field = frame.getByLabel('Message', { exact: true })
  await field.fill(text)
  await field.press('Enter')
  await frame.getByRole('article').filter({ hasText: text }).first().waitFor()
}
