import { ANSWER_DEADLINE, BAN, MAX_ASKED_PER_DEVICE, MAX_IDS_PER_MESSAGE, MAX_WRONG, RETRY } from './limits.ts'

/** Ids of blocks to ask one device for. */
export interface Ask {
  readonly device: string
  readonly blocks: string[]
}

interface Wanted {
  /** Not asked for before this time. */
  notBefore: number
  /** How many times all connected devices have been asked in vain. */
  rounds: number
  asked: { readonly device: string; readonly deadline: number } | undefined
  /** Devices that could not give it in this round. */
  readonly tried: Set<string>
  /** Devices that say they have it. */
  readonly offers: Set<string>
}

interface Device {
  asked: number
  wrong: number
}

/**
 * Decides which device is asked for which content, and when: a state machine without clock, network or disk. Every item has its own deadline
 * and back-off, so one that nobody can give holds up no other (R36). Driven by `transfer.ts`, which calls `step` after each event and when
 * the time that `nextStep` names has come.
 */
export class Wants {
  readonly #items = new Map<string, Wanted>()
  readonly #devices = new Map<string, Device>()
  /** Wrong envelopes and bans outlive a connection. */
  readonly #wrong = new Map<string, { count: number; bannedUntil: number }>()

  get size(): number {
    return this.#items.size
  }

  has(block: string): boolean {
    return this.#items.has(block)
  }

  /** Ask for a block's content from `notBefore` on. `holders` are known to have it. */
  want(block: string, notBefore: number, holders: Iterable<string> = []): void {
    if (this.#items.has(block)) return
    this.#items.set(block, { notBefore, rounds: 0, asked: undefined, tried: new Set(), offers: new Set(holders) })
  }

  /** The content is here, or no longer wanted. */
  drop(block: string): void {
    const item = this.#items.get(block)
    if (item !== undefined) this.#free(item)
    this.#items.delete(block)
  }

  /** A device can be asked. What waited for a next round is tried at once, with it. */
  up(device: string, now: number): void {
    if (this.#devices.has(device)) return
    this.#devices.set(device, { asked: 0, wrong: this.#wrong.get(device)?.count ?? 0 })
    for (const item of this.#items.values()) {
      if (item.rounds > 0 && item.asked === undefined) item.notBefore = Math.min(item.notBefore, now)
    }
  }

  /** A device can't be asked any more; what it was asked for goes to others. */
  down(device: string): void {
    if (!this.#devices.delete(device)) return
    for (const item of this.#items.values()) {
      if (item.asked?.device === device) item.asked = undefined
      item.tried.delete(device)
      item.offers.delete(device)
    }
  }

  /** A device says that it has contents. */
  offered(device: string, blocks: Iterable<string>, now: number): void {
    for (const block of blocks) {
      const item = this.#items.get(block)
      if (item === undefined) continue
      item.offers.add(device)
      item.tried.delete(device)
      item.notBefore = Math.min(item.notBefore, now)
    }
  }

  /** A device refused, for whatever reason. */
  refused(device: string, blocks: Iterable<string>): void {
    for (const block of blocks) {
      const item = this.#items.get(block)
      if (item !== undefined) this.#failed(item, device)
    }
  }

  /** A device gave bytes that are not the content. Returns whether it is not to be spoken with for a while. */
  wrong(device: string, block: string, now: number): boolean {
    const item = this.#items.get(block)
    if (item !== undefined) this.#failed(item, device)
    const past = this.#wrong.get(device) ?? { count: 0, bannedUntil: 0 }
    const count = past.count + 1
    const banned = count >= MAX_WRONG
    this.#wrong.set(device, banned ? { count: 0, bannedUntil: now + BAN } : { count, bannedUntil: past.bannedUntil })
    const live = this.#devices.get(device)
    if (live !== undefined) live.wrong = count
    return banned
  }

  /** Whether a device has lately given too many wrong contents. */
  banned(device: string, now: number): boolean {
    return (this.#wrong.get(device)?.bannedUntil ?? 0) > now
  }

  /** Whom to ask for what, now. What it returns counts as asked. */
  step(now: number): Ask[] {
    const asks = new Map<string, string[]>()
    for (const [block, item] of this.#items) {
      if (item.asked !== undefined) {
        if (item.asked.deadline > now) continue
        this.#failed(item, item.asked.device)
      }
      if (item.notBefore > now || this.#devices.size === 0) continue
      const device = this.#choose(item)
      if (device === 'busy') continue
      if (device === undefined) {
        item.tried.clear()
        item.notBefore = now + Math.min(RETRY.first * 2 ** item.rounds, RETRY.longest)
        item.rounds++
        continue
      }
      const state = this.#devices.get(device)
      if (state !== undefined) state.asked++
      item.asked = { device, deadline: now + ANSWER_DEADLINE }
      const blocks = asks.get(device)
      if (blocks === undefined) asks.set(device, [block])
      else blocks.push(block)
    }
    return [...asks].flatMap(([device, blocks]) => inMessages(device, blocks))
  }

  /** When `step`, which was called at `now`, has something to do next, if nothing happens before. */
  nextStep(now: number): number | undefined {
    if (this.#devices.size === 0) return undefined
    let next: number | undefined
    for (const item of this.#items.values()) {
      const time = item.asked?.deadline ?? item.notBefore
      // Due and not asked for: its devices are busy, and an answer or a deadline of theirs comes first.
      if (item.asked === undefined && time <= now) continue
      if (next === undefined || time < next) next = time
    }
    return next
  }

  /** The best device to ask: one that offered it, then one that gave fewer wrong contents, then the least busy. */
  #choose(item: Wanted): string | 'busy' | undefined {
    let best: string | undefined
    let bestScore = Number.POSITIVE_INFINITY
    let busy = false
    for (const [device, state] of this.#devices) {
      if (item.tried.has(device)) continue
      if (state.asked >= MAX_ASKED_PER_DEVICE) {
        busy = true
        continue
      }
      const score = (item.offers.has(device) ? 0 : 1e9) + state.wrong * 1e6 + state.asked
      if (score < bestScore) {
        best = device
        bestScore = score
      }
    }
    return best ?? (busy ? 'busy' : undefined)
  }

  #failed(item: Wanted, device: string): void {
    item.tried.add(device)
    item.offers.delete(device)
    if (item.asked?.device === device) this.#free(item)
  }

  #free(item: Wanted): void {
    const state = item.asked === undefined ? undefined : this.#devices.get(item.asked.device)
    if (state !== undefined) state.asked--
    item.asked = undefined
  }
}

function inMessages(device: string, blocks: string[]): Ask[] {
  const asks: Ask[] = []
  for (let start = 0; start < blocks.length; start += MAX_IDS_PER_MESSAGE) {
    asks.push({ device, blocks: blocks.slice(start, start + MAX_IDS_PER_MESSAGE) })
  }
  return asks
}
