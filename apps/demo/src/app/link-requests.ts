/*
 * Devices that have come with a link and wait until their owner has compared codes. Pages ask; whoever was faster than one's own device shows
 * another code, and is kept out by a no.
 */
import type { LinkRequest } from 'walytis-identities'
import { NotReadyError } from '../errors.ts'

interface Asked {
  readonly device: string
  readonly code: string
  answer(same: boolean): void
}

export class LinkRequests {
  readonly #changed: () => void
  readonly #asked = new Set<Asked>()

  /** @param changed told when a device has come, and when it is no longer asked about */
  constructor(changed: () => void) {
    this.#changed = changed
  }

  /** The device that waits longest. */
  get first(): { readonly device: string; readonly code: string } | undefined {
    const [first] = this.#asked
    return first === undefined ? undefined : { device: first.device, code: first.code }
  }

  /** For a link that is being made: asks about whoever comes with it. A device that goes away is not let in. */
  readonly confirm = async ({ device, code, signal }: LinkRequest): Promise<boolean> => {
    const answered = Promise.withResolvers<boolean>()
    const asked: Asked = { device, code, answer: answered.resolve }
    const gone = (): void => answered.resolve(false)
    signal.addEventListener('abort', gone)
    if (signal.aborted) gone()
    this.#asked.add(asked)
    this.#changed()
    const same = await answered.promise
    signal.removeEventListener('abort', gone)
    this.#asked.delete(asked)
    this.#changed()
    return same
  }

  /** Say whether a device shows the same code. @throws {NotReadyError} when it waits no more */
  answer(device: string, same: boolean): void {
    const asked = [...this.#asked].find((waiting) => waiting.device === device)
    if (asked === undefined) throw new NotReadyError('That device has gone. Make another code for it.')
    asked.answer(same)
  }
}
