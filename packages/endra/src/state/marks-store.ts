import type { AbortOptions } from '@libp2p/interface'
import type { Did, KeyStore } from 'walytis-identities'
import { MARKS_PAUSE_MS } from '../constants.ts'
import { chainOf } from '../did.ts'
import { StoredRecordError } from '../errors.ts'
import { decodeMarks, encodeMarks, type Marks, NO_MARKS } from './marks-record.ts'

/** Where the marks of a chat are kept. Several changes in a row are one write: only the latest is of use. */
export class MarksStore {
  readonly #keyStore: Pick<KeyStore, 'get' | 'put'>
  readonly #name: string
  #marks: Marks = NO_MARKS
  readonly #failed: (error: unknown) => void
  #pending: Promise<void> | undefined
  /** The last write. */
  #written: Promise<void> = Promise.resolve()
  #timer: ReturnType<typeof setTimeout> | undefined

  /** @param failed - told when what was noted could not be written */
  constructor(keyStore: Pick<KeyStore, 'get' | 'put'>, chat: Did, failed: (error: unknown) => void) {
    this.#keyStore = keyStore
    this.#failed = failed
    this.#name = `endra/marks/${chainOf(chat)}`
  }

  get marks(): Marks {
    return this.#marks
  }

  /** @throws {StoredRecordError} */
  async load(options?: AbortOptions): Promise<void> {
    const bytes = await this.#keyStore.get(this.#name, options)
    if (bytes === undefined) return
    const decoded = decodeMarks(bytes)
    if (!decoded.ok) throw new StoredRecordError('marks', decoded.rule)
    this.#marks = decoded.value
  }

  /** Change marks: for readers at once, on the disk when it resolves. */
  async change(change: Partial<Marks>): Promise<void> {
    this.#marks = { ...this.#marks, ...change }
    // Whoever asked for an earlier write was told of its failure.
    this.#pending ??= this.#written
      .catch(() => undefined)
      .then(async () => {
        this.#pending = undefined
        await this.#keyStore.put(this.#name, encodeMarks(this.#marks))
      })
    this.#written = this.#pending
    await this.#pending
  }

  /** Change marks that can be had again: for readers at once, on the disk some seconds later, many in one write. */
  note(change: Partial<Marks>): void {
    this.#marks = { ...this.#marks, ...change }
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.change({}).catch(this.#failed)
    }, MARKS_PAUSE_MS)
  }

  /** Resolves when everything is on the disk. */
  async close(): Promise<void> {
    if (this.#timer !== undefined) {
      clearTimeout(this.#timer)
      this.#timer = undefined
      await this.change({})
    }
    await this.#written
  }
}
