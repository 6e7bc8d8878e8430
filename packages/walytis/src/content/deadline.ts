/**
 * Do something that a signal ends, and time. Unlike `AbortSignal.timeout`, nothing of it is left once it is done: thousands of nodes a
 * second must not leave as many timers.
 *
 * @throws {DOMException} `TimeoutError`
 */
export async function within<T>(
  milliseconds: number,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>
): Promise<T> {
  signal?.throwIfAborted()
  const ending = new AbortController()
  const timer = setTimeout(() => ending.abort(new DOMException('It took too long.', 'TimeoutError')), milliseconds)
  const aborted = (): void => ending.abort(signal?.reason)
  signal?.addEventListener('abort', aborted, { once: true })
  try {
    return await work(ending.signal)
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', aborted)
  }
}
