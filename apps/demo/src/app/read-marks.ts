import { readFile, rename, writeFile } from 'node:fs/promises'
import * as v from 'valibot'

const MAX_BYTES = 1024 * 1024
const format = v.strictObject({ v: v.literal(1), read: v.record(v.string(), v.string()) })

/**
 * Up to which message each chat has been read on this device, in a file beside the store. It names chats and messages by their ids, which the store's
 * files show as well. A file that is missing or damaged is taken for an empty one: nothing but counts depends on it.
 */
export class ReadMarks {
  readonly #path: string
  #marks = new Map<string, string>()
  #writing: Promise<void> = Promise.resolve()

  constructor(path: string) {
    this.#path = path
  }

  async load(): Promise<void> {
    const text = await readFile(this.#path, 'utf8').catch(() => '')
    const parsed = v.safeParse(v.pipe(v.string(), v.maxLength(MAX_BYTES), v.parseJson(), format), text)
    this.#marks = new Map(parsed.success ? Object.entries(parsed.output.read) : [])
  }

  get(chat: string): string | undefined {
    return this.#marks.get(chat)
  }

  set(chat: string, message: string): void {
    this.#marks.set(chat, message)
    this.#writing = this.#writing.then(async () => {
      const part = `${this.#path}.part`
      await writeFile(part, JSON.stringify({ v: 1, read: Object.fromEntries(this.#marks) }), { mode: 0o600 })
      await rename(part, this.#path)
    })
  }

  /** Wait until everything is written. @throws what the disk failed with */
  async flush(): Promise<void> {
    await this.#writing
  }
}
