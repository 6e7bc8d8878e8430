import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectAccessible, hasBrowser, launchBrowser, picture } from '../../support/browser.ts'
import { frameOf, sayIn, startDemoPage } from '../../support/demo-page.ts'

let demo: ChildProcess
let browser: Browser
let page: Page
const complaints: string[] = []

async function blocks(): Promise<{ all: number; everywhere: number }> {
  const all = page.locator('circle.block')
  return { all: await all.count(), everywhere: await page.locator('circle.everywhere').count() }
}

describe.skipIf(!hasBrowser)('the demo with its page', () => {
  beforeAll(async () => {
    const started = await startDemoPage()
    demo = started.demo
    browser = await launchBrowser()
    const context = await browser.newContext({ viewport: { width: 1400, height: 960 }, reducedMotion: 'reduce' })
    page = await context.newPage()
    page.setDefaultTimeout(60_000)
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(String(error)))
    await page.goto(started.link)
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
      const frame = await frameOf(page, name)
      await frame.getByRole('button', { name: /Picnic by the river/ }).click()
      await frame.getByRole('article').filter({ hasText: 'lemonade' }).waitFor()
    }
    await expect.poll(async () => (await blocks()).everywhere, { timeout: 60_000 }).toBeGreaterThan(3)
  })

  it('shows branches while a device is cut off, and how they merge', async () => {
    const [laptop, bob] = [await frameOf(page, 'Alice’s laptop'), await frameOf(page, 'Bob’s laptop')]
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
    await sayIn(await frameOf(page, 'Alice’s laptop'), 'Where is my phone?')
    await pane.getByRole('button', { name: 'Restart' }).click()
    await pane.getByText('Running').waitFor()
    const phone = await frameOf(page, 'Alice’s phone')
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
