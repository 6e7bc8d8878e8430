import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AppProcess, startApp } from '../../support/app-process.ts'
import {
  beginAs,
  expectAccessible,
  hasBrowser,
  invitationIn,
  launchBrowser,
  NARROW,
  openPage,
  type Person,
  picture,
  say,
  unlockNew,
  WIDE
} from '../../support/browser.ts'

let root: string
let browser: Browser
const apps = new Map<string, AppProcess>()
const people = new Map<string, Person>()

const started = async (who: string): Promise<AppProcess> => {
  const app = await startApp(join(root, who))
  apps.set(who, app)
  return app
}
const opened = async (who: string, viewport = WIDE): Promise<Person> => {
  const person = await openPage(browser, apps.get(who) ?? (await started(who)), viewport)
  people.set(who, person)
  return person
}
const personOf = (who: string): Person => {
  const person = people.get(who)
  if (person === undefined) throw new TypeError(`${who} has no page`)
  return person
}
const pageOf = (who: string): Page => personOf(who).page

/** Somebody who was removed is told so, or reaches nobody who would: that is for those to say who removed them. */
const CUT_OFF = /Nobody reachable|no longer in this chat/

const said = (page: Page, text: string): Locator => page.getByRole('article').filter({ hasText: text })

/** The tests of this file are the chapters of one story: each goes on where the one before ended. */
describe.skipIf(!hasBrowser)('two people and three devices, in their pages', () => {
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'demo-page-'))
    browser = await launchBrowser()
  })

  afterAll(async () => {
    await browser?.close()
    for (const app of apps.values()) await app.kill()
    await rm(root, { recursive: true, force: true, maxRetries: 3 })
  })

  it('Alice begins, without a word of jargon', async () => {
    const { page } = await opened('laptop')
    await page.getByRole('heading', { name: 'Protect this device' }).waitFor()
    expect(new URL(page.url()).hash).toBe('')
    await picture(page, 'first-run')
    await expectAccessible(page)
    const words = await page.textContent('body')
    await beginAs(personOf('laptop'), 'Alice', 'Laptop')
    await picture(page, 'no-chats')
    await expectAccessible(page)
    const all = `${words} ${await page.textContent('body')}`
    expect(all).not.toMatch(/\b(DID|peer|libp2p|blockchain|block|multiaddr|hash|CID|node)\b/i)
  })

  it('she links her phone', async () => {
    const laptop = pageOf('laptop')
    await laptop.getByRole('button', { name: 'Devices' }).click()
    await laptop.getByRole('button', { name: 'Add a device' }).click()
    const line = await invitationIn(laptop)
    await picture(laptop, 'add-device')
    await expectAccessible(laptop)
    const { page } = await opened('phone', NARROW)
    await unlockNew(page)
    await picture(page, 'welcome')
    await expectAccessible(page)
    await page.getByText('I use it on another device').click()
    await page.getByLabel('Code from the other device').fill(line)
    await page.getByLabel('Name of this device').fill('Phone')
    await page.getByRole('button', { name: 'Link this device' }).click()
    const code = page.getByText(/^\d{3} \d{3}$/)
    await code.waitFor()
    await picture(page, 'linking')
    await expectAccessible(page)
    await laptop.getByText((await code.textContent()) ?? '', { exact: true }).waitFor()
    await picture(laptop, 'compare-codes')
    await expectAccessible(laptop)
    await laptop.getByRole('button', { name: 'It shows the same' }).click()
    await page.getByRole('heading', { name: 'Alice' }).waitFor()
    await laptop.getByRole('button', { name: 'Remove Phone' }).waitFor()
    await picture(laptop, 'devices')
    await expectAccessible(laptop)
  })

  it('she begins a chat, and Bob joins it with her invitation', async () => {
    const laptop = pageOf('laptop')
    await laptop.getByRole('button', { name: 'New chat' }).first().click()
    await laptop.getByLabel('What is it about?').fill('Picnic by the river')
    await laptop.keyboard.press('Enter')
    await laptop.getByText('It’s only you so far.').waitFor()
    await laptop.getByRole('button', { name: 'Invite somebody' }).click()
    const line = await invitationIn(laptop)
    const bob = await opened('bob')
    await beginAs(bob, 'Bob', 'Computer')
    await bob.page.getByRole('button', { name: 'New chat' }).first().click()
    await bob.page.getByText('Join with an invitation', { exact: true }).click()
    await bob.page.getByLabel('Invitation', { exact: true }).fill(line)
    await bob.page.getByRole('button', { name: 'Join the chat' }).click()
    await bob.page.getByRole('heading', { name: 'Picnic by the river' }).waitFor()
    await laptop.keyboard.press('Escape')
    await laptop.getByText('2 people').first().waitFor()
  })

  it('they write, answer, react, edit and delete', async () => {
    const [laptop, bob] = [pageOf('laptop'), pageOf('bob')]
    await say(laptop, 'Shall we meet on **Saturday** at eleven?')
    const question = said(bob, 'Shall we meet')
    await question.waitFor()
    expect(await question.locator('strong').textContent()).toBe('Saturday')

    await question.hover()
    await question.getByRole('button', { name: /^What to do/ }).click()
    await bob.getByRole('menuitem', { name: 'Answer' }).click()
    await say(bob, 'Gladly! I bring\n- lemonade\n- <img src=x onerror=alert(1)>')
    const answer = said(laptop, 'Gladly!')
    await answer.getByText('Shall we meet on').waitFor()
    expect(await answer.locator('img').count()).toBe(0)

    await answer.hover()
    await answer.getByRole('button', { name: /^What to do/ }).click()
    await laptop.getByRole('menuitem', { name: 'React' }).click()
    await laptop.getByRole('button', { name: '🎉' }).click()
    await bob.getByRole('button', { name: /🎉 from Alice/ }).waitFor()

    await laptop.getByLabel('Message', { exact: true }).press('ArrowUp')
    await laptop.getByLabel('Message', { exact: true }).fill('Shall we meet on **Sunday** at noon?')
    await laptop.keyboard.press('Enter')
    const changed = said(bob, 'at noon?').first()
    await changed.getByRole('button', { name: 'edited' }).click()
    await bob.getByRole('dialog').getByText('Saturday').waitFor()
    await picture(bob, 'history')
    await expectAccessible(bob)
    await bob.keyboard.press('Escape')

    await say(bob, 'Wrong chat, sorry')
    const wrong = said(laptop, 'Wrong chat')
    await wrong.waitFor()
    const mine = said(bob, 'Wrong chat')
    await mine.hover()
    await mine.getByRole('button', { name: /^What to do/ }).click()
    await bob.getByRole('menuitem', { name: 'Delete for everyone' }).click()
    await laptop.getByText('Deleted').waitFor()
    await wrong.waitFor({ state: 'detached' })
    await laptop.mouse.move(0, 0)
    await picture(laptop, 'chat')
    await expectAccessible(laptop)
  })

  it('her phone shows the same, and how much of it is new', async () => {
    const phone = pageOf('phone')
    const row = phone.getByRole('button', { name: /Picnic by the river/ })
    await row.waitFor()
    await picture(phone, 'chats')
    await expectAccessible(phone)
    await row.click()
    await said(phone, 'Gladly!').waitFor()
    await said(phone, 'Sunday at noon?').first().waitFor()
    await picture(phone, 'chat')
    await expectAccessible(phone)
    await phone.getByRole('button', { name: 'People in this chat' }).click()
    await phone.getByRole('button', { name: 'Remove Bob' }).waitFor()
    await picture(phone, 'people')
    await expectAccessible(phone)
    await phone.keyboard.press('Escape')
  })

  it('a reload in the middle loses nothing, and needs no new link', async () => {
    const laptop = pageOf('laptop')
    await laptop.reload()
    await said(laptop, 'Gladly!').waitFor()
    await laptop.getByLabel('Search messages').fill('lemon')
    await laptop.getByText('1 message', { exact: true }).waitFor()
    await picture(laptop, 'search')
    await expectAccessible(laptop)
    await laptop.getByRole('button', { name: /Bob: Gladly!/ }).click()
    await say(laptop, 'Still here')
    await said(pageOf('bob'), 'Still here').waitFor()
  })

  it('F20 a page whose storage the browser threw away asks for a link, and has lost no message', async () => {
    const laptop = pageOf('laptop')
    await laptop.evaluate(() => localStorage.clear())
    await laptop.reload()
    await laptop.getByRole('heading', { name: 'This page needs a link' }).waitFor()
    await picture(laptop, 'needs-link')
    await expectAccessible(laptop)
    await laptop.goto((await apps.get('laptop')?.link()) ?? '')
    await laptop.getByRole('button', { name: /Picnic by the river/ }).click()
    await said(laptop, 'Still here').waitFor()
    expect(new URL(laptop.url()).hash).toBe('')
  })

  it('what is written offline goes out when one is back', async () => {
    const [phone, bob] = [pageOf('phone'), pageOf('bob')]
    apps.get('phone')?.setCut(true)
    await phone.getByText('Offline').first().waitFor()
    await say(phone, 'Written in the tunnel')
    await said(phone, 'Written in the tunnel').waitFor()
    await say(bob, 'Written outside')
    await said(pageOf('laptop'), 'Written outside').waitFor()
    await picture(phone, 'offline')
    await expectAccessible(phone)
    expect(await said(bob, 'in the tunnel').count()).toBe(0)
    apps.get('phone')?.setCut(false)
    await said(bob, 'Written in the tunnel').waitFor()
    await said(phone, 'Written outside').waitFor()
  })

  it('a device that is locked or restarted asks for the passphrase, and shows what came meanwhile', async () => {
    const bob = pageOf('bob')
    await bob.getByRole('button', { name: 'Lock' }).click()
    await bob.getByRole('heading', { name: 'Locked' }).waitFor()
    await picture(bob, 'locked')
    await expectAccessible(bob)
    await say(pageOf('laptop'), 'While you were away')
    await bob.getByLabel('Passphrase').fill('wrong')
    await bob.getByRole('button', { name: 'Unlock' }).click()
    await bob.getByRole('alert').getByText('not the passphrase').waitFor()
    await bob.getByLabel('Passphrase').fill('correct horse battery')
    await bob.getByRole('button', { name: 'Unlock' }).click()
    await said(bob, 'While you were away').waitFor()
    await bob.getByRole('button', { name: 'Network' }).click()
    await bob.getByText(/Connected to \d device/).waitFor()
    await picture(bob, 'network')
    await expectAccessible(bob)
  })

  it('whoever is removed reaches nobody, and reads nothing more', async () => {
    const [laptop, bob] = [pageOf('laptop'), pageOf('bob')]
    await bob.getByRole('button', { name: /Picnic by the river/ }).click()
    await laptop.getByRole('button', { name: 'People in this chat' }).click()
    await laptop.getByRole('button', { name: 'Remove Bob' }).click()
    await laptop.getByRole('button', { name: 'Remove from the chat' }).click()
    await laptop.getByRole('dialog').getByText('1 person').waitFor()
    await laptop.keyboard.press('Escape')
    await say(laptop, 'A surprise for Bob')
    await said(pageOf('phone'), 'A surprise for Bob').waitFor()
    await bob.getByText(CUT_OFF).first().waitFor()
    expect(await bob.getByText('A surprise for Bob').count()).toBe(0)
    await picture(bob, 'removed')
    await expectAccessible(bob)
  })

  it('a phone that is lost is removed from the laptop', async () => {
    const [laptop, phone] = [pageOf('laptop'), pageOf('phone')]
    await laptop.getByRole('button', { name: 'Devices' }).click()
    await laptop.getByRole('button', { name: 'Remove Phone' }).click()
    await laptop.getByRole('button', { name: 'Remove the device' }).click()
    await laptop.getByRole('button', { name: 'Remove Phone' }).waitFor({ state: 'detached' })
    await laptop.getByRole('button', { name: /Picnic by the river/ }).click()
    await say(laptop, 'The phone is gone')
    await said(laptop, 'The phone is gone').waitFor()
    await phone.reload()
    await phone
      .getByRole('heading', { name: 'Picnic by the river' })
      .or(phone.getByText('was removed'))
      .first()
      .waitFor()
    expect(await said(phone, 'The phone is gone').count()).toBe(0)
  })

  it('a page whose device has ended says so, and pages of an earlier start get nothing', async () => {
    const laptop = pageOf('laptop')
    expect(await apps.get('laptop')?.stop()).toBe(0)
    await laptop.getByText('This page has lost its device').first().waitFor()
    await picture(laptop, 'lost')
  })

  it('no page complained', () => {
    for (const [who, { complaints }] of people) {
      // What the laptop says of its last minute is about a server that is gone.
      const others = complaints.filter((text) => !text.includes('ERR_CONNECTION_REFUSED'))
      expect(others, who).toEqual([])
    }
  })
})
