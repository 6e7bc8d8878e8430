/**
 * Takes the pictures of the READMEs anew, from the demo as it runs: `node test/support/write-pictures.ts`, after a build.
 */
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { launchBrowser } from './browser.ts'
import { frameOf, sayIn, startDemoPage } from './demo-page.ts'

const folder = join(import.meta.dirname, '../../docs')
await mkdir(folder, { recursive: true })
const { demo, link } = await startDemoPage()
const browser = await launchBrowser()
try {
  const page = await browser.newPage({
    viewport: { width: 1240, height: 860 },
    reducedMotion: 'reduce',
    locale: 'en-GB'
  })
  page.setDefaultTimeout(120_000)
  await page.goto(link)
  const names = ['Alice’s laptop', 'Alice’s phone', 'Bob’s laptop'] as const
  await page.getByRole('heading', { name: names[0] }).waitFor()
  for (const name of names) {
    const frame = await frameOf(page, name)
    await frame.getByRole('button', { name: /Picnic by the river/ }).click()
    await frame.getByRole('article').filter({ hasText: 'lemonade' }).waitFor()
  }
  const [laptop, bob] = [await frameOf(page, names[0]), await frameOf(page, names[2])]
  const pane = page.getByRole('region', { name: names[2] })
  await sayIn(laptop, 'Then it is settled.')
  await bob.getByRole('article').filter({ hasText: 'settled' }).waitFor()
  await pane.getByRole('button', { name: 'Cut network' }).click()
  await pane.getByText('Cut off').waitFor()
  for (const text of ['Who brings plates?', 'I have six']) await sayIn(laptop, text)
  for (const text of ['I am in a tunnel', 'and write all the same']) await sayIn(bob, text)
  await page.locator('circle.block:not(.everywhere)').nth(3).waitFor()
  await page.mouse.move(0, 0)
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    await page.screenshot({ path: join(folder, `demo-${colorScheme}.jpg`), type: 'jpeg', quality: 72 })
  }
} finally {
  await browser.close()
  demo.kill('SIGINT')
  await once(demo, 'exit')
}
