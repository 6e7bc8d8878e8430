/*
 * The story, act by act. Everything that it tells, a device's process has reported; nothing goes on before it has.
 */
import type { DeviceProcess } from './device-process.ts'
import { type Delivery, measureDelivery } from './measure.ts'
import { askAsRemovedMember, type RemovedMemberReport } from './removal.ts'
import { CAST, type Stage } from './stage.ts'
import type { Transcript } from './transcript.ts'

/** How many messages are measured, and the least time between two of them. */
export interface Pace {
  readonly messages: number
  readonly intervalMs: number
}

/** What came of it, as the devices reported it. */
export interface Outcome {
  /** Every text, title, name, invitation and passphrase that a device was given or gave. */
  readonly secrets: readonly string[]
  /** Messages that Alice's laptop shows at the end. */
  readonly messages: number
  /** State hashes: of all three devices before the removal, and of the remaining two at the end. */
  readonly hashes: { readonly before: readonly string[]; readonly after: readonly string[] }
  readonly delivery: Delivery | undefined
  /** Bob, asking everybody for everything: while he was a member (for the last message of then), and once he was none. */
  readonly asMember: RemovedMemberReport
  readonly lastAsMember: { readonly id: string; readonly text: string }
  readonly asRemoved: RemovedMemberReport
  /** Texts that Bob's own app shows at the end. */
  readonly bobShows: readonly string[]
  /** What he must not have. */
  readonly afterRemoval: { readonly id: string; readonly text: string }
}

interface Players {
  readonly laptop: DeviceProcess
  phone: DeviceProcess
  bob: DeviceProcess
  readonly chat: string
  readonly bobDid: string
  /** By which Bob joined. */
  readonly invitation: string
}

const ALICE = 'Alice Liddell'
const BOB = 'Bob Cratchit'
const TITLE = 'Picnic by the river'
/** How long devices get to come to the same state, in milliseconds. */
const STATE_PATIENCE_MS = 10_000
/** How long Bob waits for somebody to sync with, in milliseconds: with a member it takes a few. */
const SYNC_PATIENCE_MS = 3000

export class Scenario {
  readonly #stage: Stage
  readonly #transcript: Transcript
  readonly #pace: Pace
  readonly #secrets: string[]

  constructor(stage: Stage, transcript: Transcript, pace: Pace) {
    this.#stage = stage
    this.#transcript = transcript
    this.#pace = pace
    this.#secrets = [ALICE, BOB, TITLE, ...Object.values(CAST), ...stage.passphrases]
  }

  async play(): Promise<Outcome> {
    const players = await this.#meet()
    await this.#talk(players)
    const delivery = await this.#measure(players)
    await this.#loseThePhone(players)
    const before = await this.#compare([players.laptop, players.phone, players.bob], players.chat)
    const lastAsMember = await this.#last(players)
    const asMember = await this.#bobAsksEverybody(players, 'as a member', lastAsMember)
    const afterRemoval = await this.#removeBob(players)
    const asRemoved = await this.#bobAsksEverybody(players, 'removed as he is', afterRemoval)
    const bobShows = await this.#bobLooks(players)
    const after = await this.#compare([players.laptop, players.phone], players.chat)
    const messages = (await players.laptop.call('messages', { chat: players.chat })).length
    await Promise.all([players.laptop, players.phone, players.bob].map(async (device) => await device.stop()))
    return {
      secrets: this.#secrets,
      messages,
      hashes: { before, after },
      delivery,
      asMember,
      lastAsMember,
      asRemoved,
      bobShows,
      afterRemoval
    }
  }

  async #meet(): Promise<Players> {
    this.#transcript.heading('Alice has two devices')
    const [laptop, phone, bob] = await Promise.all([this.#start('laptop'), this.#start('phone'), this.#start('bob')])
    const alice = await laptop.call('createProfile', { name: ALICE, deviceName: CAST.laptop })
    this.#tell(laptop, `made the profile "${alice.name}"`)
    const link = this.#secret(await laptop.call('inviteDevice', {}))
    const linked = await phone.call('link', { invitation: link, deviceName: CAST.phone })
    this.#tell(phone, `is linked to "${linked.name}", with the devices ${linked.devices.join(' and ')}`)

    this.#transcript.heading('A chat with Bob')
    const { id: chat } = await laptop.call('createChat', { title: TITLE })
    this.#tell(laptop, `made the chat "${TITLE}"`)
    this.#tell(phone, `has the chat "${(await phone.call('untilChat', { chat })).title}"`)
    const { did: bobDid } = await bob.call('createProfile', { name: BOB, deviceName: CAST.bob })
    const invitation = this.#secret(await laptop.call('invite', { chat }))
    this.#tell(laptop, `invites: ${invitation.slice(0, 28)}… (${invitation.length} characters)`)
    const joined = await bob.call('join', { invitation })
    this.#tell(bob, `joined "${joined.title}"`)
    for (const device of [laptop, phone, bob]) {
      const members = await device.call('untilMembers', { chat, names: [ALICE, BOB] })
      this.#tell(device, `sees ${members.length} members: ${members.map(({ name }) => name).join(' and ')}`)
    }
    return { laptop, phone, bob, chat, bobDid, invitation }
  }

  async #talk({ laptop, phone, bob, chat }: Players): Promise<void> {
    this.#transcript.heading('Messages both ways')
    const first = await this.#say(laptop, [phone, bob], chat, 'Shall we meet on Saturday at eleven?')
    const second = await this.#say(bob, [laptop, phone], chat, 'Saturday is fine, I bring lemonade')
    await this.#say(phone, [laptop, bob], chat, 'And I bring the gramophone')

    this.#transcript.heading('An edit and a delete')
    const text = this.#secret('Shall we meet on Sunday at noon instead?')
    await laptop.call('edit', { chat, message: first.id, text })
    this.#tell(laptop, `edits it to "${text}"`)
    for (const device of [bob, phone]) {
      const shown = await device.call('untilShown', { chat, message: first.id, text })
      this.#tell(device, `shows "${shown.text}"${shown.edited ? ', edited' : ''}`)
    }
    await bob.call('delete', { chat, message: second.id })
    this.#tell(bob, 'deletes the message about lemonade')
    for (const device of [laptop, phone]) {
      await device.call('untilShown', { chat, message: second.id, deleted: true })
      const left = await device.call('messages', { chat })
      this.#tell(device, `shows ${left.length} messages`)
    }
  }

  async #measure({ laptop, bob, chat }: Players): Promise<Delivery | undefined> {
    const { messages, intervalMs } = this.#pace
    this.#transcript.heading(`How long a message takes (${messages} of them, ${intervalMs} ms or more apart)`)
    const text = this.#secret('Counting the days until the picnic')
    const texts = Array.from({ length: messages }, (_, index) => `${text}: ${index + 1}`)
    const sent = await laptop.call('burst', { chat, texts, intervalMs })
    this.#tell(laptop, `sent ${sent.length} messages`)
    for (const { id } of sent) await bob.call('untilShown', { chat, message: id })
    const delivery = measureDelivery(sent, await bob.call('arrivals', { chat, messages: sent.map(({ id }) => id) }))
    this.#tell(
      bob,
      delivery === undefined
        ? 'did not tell of all of them'
        : `has them all: half within ${delivery.p50.toFixed(2)} ms, 95 % within ${delivery.p95.toFixed(2)} ms`
    )
    return delivery
  }

  async #loseThePhone(players: Players): Promise<void> {
    const { laptop, bob, chat } = players
    this.#transcript.heading('The phone dies and comes back')
    await players.phone.kill()
    this.#tell(players.phone, 'is killed (SIGKILL)')
    const missed = await this.#say(bob, [laptop], chat, 'Does anybody have a corkscrew?')
    const answer = await this.#say(laptop, [bob], chat, 'There is one in the basket')
    const edited = this.#secret('There are two in the basket')
    await laptop.call('edit', { chat, message: answer.id, text: edited })
    this.#tell(laptop, `edits it to "${edited}"`)
    players.phone = await this.#start('phone')
    for (const [message, text] of [
      [missed.id, missed.text],
      [answer.id, edited]
    ] as const) {
      const shown = await players.phone.call('untilShown', { chat, message, text })
      this.#tell(players.phone, `catches up: "${shown.text}" (${shown.author})`)
    }
  }

  async #removeBob(players: Players): Promise<{ id: string; text: string }> {
    const { laptop, phone, chat, bobDid } = players
    this.#transcript.heading('Bob is removed')
    await laptop.call('removeMember', { chat, did: bobDid })
    this.#tell(laptop, 'removes Bob')
    const left = await phone.call('untilMembers', { chat, names: [ALICE] })
    this.#tell(phone, `sees ${left.length} member: ${left.map(({ name }) => name).join()}`)
    return await this.#say(laptop, [phone], chat, 'Now we can plan the surprise for Bob')
  }

  /** Bob closes his app and, with its folder, runs a program of his own that asks everybody for everything. */
  async #bobAsksEverybody(players: Players, as: string, sought: { id: string; text: string }) {
    this.#transcript.heading(`Bob asks everybody for everything (${as})`)
    const { user, device } = await players.bob.call('whoAmI', {})
    await players.bob.stop()
    // Behind the hints of an invitation comes the group's own (packages/endra/docs/protocol.md).
    const invitation = `walytis:${players.invitation.slice(players.invitation.indexOf('.') + 1)}`
    const question = { device, user, chat: players.chat, invitation, message: sought.id }
    const report = await askAsRemovedMember(this.#stage, question)
    this.#transcript.line(CAST.bob, `is connected with ${report.reached} nodes`)
    for (const { what, outcome } of report.asked) this.#transcript.line(CAST.bob, `${what}: ${outcome}`)
    players.bob = await this.#start('bob')
    return report
  }

  async #bobLooks({ bob, chat }: Players): Promise<string[]> {
    const { peers } = await bob.call('sync', { chat, patienceMs: SYNC_PATIENCE_MS })
    const shown = await bob.call('messages', { chat })
    this.#tell(bob, `is level with ${peers} peers; his own app shows ${shown.length} messages`)
    this.#tell(bob, `the last of them: "${shown.at(-1)?.text}"`)
    return shown.map(({ text }) => text)
  }

  /** The state of the first device, and what the others come to within a while. */
  async #compare([first, ...others]: readonly [DeviceProcess, ...DeviceProcess[]], chat: string): Promise<string[]> {
    this.#transcript.heading('Do they show the same?')
    const hash = await first.call('stateHash', { chat })
    this.#tell(first, `state ${hash.slice(0, 16)}…`)
    const hashes = [hash]
    for (const device of others) {
      hashes.push(await device.call('untilState', { chat, hash, patienceMs: STATE_PATIENCE_MS }))
      this.#tell(device, `state ${hashes.at(-1)?.slice(0, 16)}…`)
    }
    return hashes
  }

  async #say(from: DeviceProcess, to: readonly DeviceProcess[], chat: string, text: string) {
    const { id } = await from.call('send', { chat, text: this.#secret(text) })
    this.#tell(from, `says "${text}"`)
    for (const device of to) {
      const shown = await device.call('untilShown', { chat, message: id })
      this.#tell(device, `reads "${shown.text}" (${shown.author})`)
    }
    return { id, text }
  }

  /** The last message that stands as it was sent, so that its own block says what it is. */
  async #last({ bob, chat }: Players): Promise<{ id: string; text: string }> {
    const last = (await bob.call('messages', { chat })).filter(({ edited }) => !edited).at(-1)
    return { id: last?.id ?? '', text: last?.text ?? '' }
  }

  async #start(role: keyof typeof CAST): Promise<DeviceProcess> {
    const device = await this.#stage.start(role)
    this.#tell(device, `starts, process ${device.pid}`)
    return device
  }

  #tell(device: DeviceProcess, what: string): void {
    this.#transcript.line(device.name, what)
  }

  #secret(text: string): string {
    this.#secrets.push(text)
    return text
  }
}
