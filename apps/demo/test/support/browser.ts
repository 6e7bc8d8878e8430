import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import axe from 'axe-core'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { expect } from 'vitest'
import type { AppProcess } from './app-process.ts'

const CHROMIUM = '/usr/bin/chromium'

/** Whether the tests that need a browser can run; where they must, its absence is their failure and not a reason to leave them out. */
export const hasBrowser = existsSync(CHROMIUM) || process.env['REQUIRE_BROWSER'] === '1'
if (!hasBrowser) process.stderr.write(`There is no ${CHROMIUM} here, so the tests of the page are left out.\n`)

export async function launchBrowser(): Promise<Browser> {
  const args = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking']
  return await chromium.launch({ executablePath: CHROMIUM, args })
}

/** Folder of the pictures that tests take of the page. */
const PICTURES = join(import.meta.dirname, '../../.reports/pictures')

export const WIDE = { width: 1200, height: 780 }
export const NARROW = { width: 390, height: 780 }

/** Somebody at a browser, with the page of their device open. What the page complains about is kept in `complaints`. */
export interface Person {
  readonly page: Page
  readonly context: BrowserContext
  readonly complaints: string[]
}

/** Open the page of a device in a browser profile of its own. */
export async function openPage(browser: Browser, app: AppProcess, viewport = WIDE): Promise<Person> {
  const context = await browser.newContext({ viewport, reducedMotion: 'reduce', locale: 'en-GB' })
  const page = await context.newPage()
  page.setDefaultTimeout(60_000)
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(String(error)))
  await page.goto(await app.link())
  return { page, context, complaints }
}

/** Choose a passphrase and a name on a device that is new. */
export async function beginAs({ page }: Person, name: string, device: string): Promise<void> {
  await unlockNew(page)
  await page.getByLabel('Your name').fill(name)
  await page.getByLabel('Name of this device').fill(device)
  await page.getByRole('button', { name: 'Begin' }).click()
  await page.getByRole('heading', { name }).waitFor()
}

export async function unlockNew(page: Page): Promise<void> {
  await page.getByLabel('Passphrase').fill('correct horse battery')
  await page.getByLabel('The same again').fill('correct horse battery')
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByRole('heading', { name: 'Welcome' }).waitFor()
}

/** The line that the open window shows. */
export async function invitationIn(page: Page): Promise<string> {
  const line = page.getByLabel('Or send this line')
  await line.waitFor()
  return await line.inputValue()
}

export async function say(page: Page, text: string): Promise<void> {
  await page.getByLabel('Message', { exact: true }).fill(text)
  await page.keyboard.press('Enter')
}

/** A picture of what is shown in both themes. */
export async function picture(page: Page, name: string): Promise<void> {
  await mkdir(PICTURES, { recursive: true })
  const { width = 0 } = page.viewportSize() ?? {}
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    await page.screenshot({ path: join(PICTURES, `${name}-${width}-${colorScheme}.png`) })
  }
}

/** What axe finds wrong with the page, in both themes. */
export async function expectAccessible(page: Page): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    const found = await page.evaluate(async (source) => {
      // The page's own policy forbids a script of ours as text in it; evaluated from outside, it isn't one.
      const { axe: instance } = new Function(`${source}; return { axe: window.axe }`)() as {
        axe: typeof import('axe-core')
      }
      const { violations } = await instance.run()
      return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
    }, axe.source)
    expect(found, colorScheme).toEqual([])
  }
}
