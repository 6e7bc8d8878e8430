import type { AbortOptions } from '@libp2p/interface'
import type { Did, KeyStore } from 'walytis-identities'
import { chainOf } from '../did.ts'
import { StoredRecordError } from '../errors.ts'
import { decodeMarks, encodeMarks, type Marks, NO_MARKS } from './marks-record.ts'

/** Where the marks of a chat are kept. Several changes in a row are one write: only the latest is of use. */
export class MarksStore {
  readonly #keyStore: Pick<KeyStore, 'get' | 'put'>
  readonly #name: string
  #marks: Marks = NO_MARKS
  #pending: Promise<void> | undefined

  constructor(keyStore: Pick<KeyStore, 'get' | 'put'>, chat: Did) {
    this.#keyStore = keyStore
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
    this.#pending ??= Promise.resolve().then(async () => {
      this.#pending = undefined
      await this.#keyStore.put(this.#name, encodeMarks(this.#marks))
    })
    await this.#pending
  }
}
