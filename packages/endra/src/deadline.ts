import type { AbortOptions } from '@libp2p/interface'
import { DeadlineError } from './errors.ts'

/**
 * Run something that waits for the network, for a limited time: `run` gets a signal that fires when the caller's does or the time is up.
 *
 * @param what - begins the error's sentence, such as "Joining the chat"
 * @throws {DeadlineError} when the time was up; whatever `run` throws otherwise
 */
export async function withDeadline<T>(
  what: string,
  milliseconds: number,
  options: AbortOptions | undefined,
  run: (signal: AbortSignal) => Promise<T>
): Promise<T> {
  options?.signal?.throwIfAborted()
  const timer = new AbortController()
  const timeout = setTimeout(() => timer.abort(new DeadlineError(what, milliseconds)), milliseconds)
  const signal = options?.signal === undefined ? timer.signal : AbortSignal.any([options.signal, timer.signal])
  try {
    return await Promise.race([run(signal), aborted(signal)])
  } catch (error) {
    if (timer.signal.aborted && options?.signal?.aborted !== true) {
      throw new DeadlineError(what, milliseconds, { cause: error })
    }
    throw error
  } finally {
    clearTimeout(timeout)
  }
}

/** Rejects when the signal fires: a layer below that overlooks its signal must not hold up the caller. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
