/** The part of an event target that waiting needs. */
export interface Listenable {
  addEventListener(type: string, listener: () => void): void
  removeEventListener(type: string, listener: () => void): void
}

/**
 * What `check` gives once it gives something: asked now, and again after each event of the given types. No event is missed
 * between asking and waiting.
 */
export async function until<T>(
  target: Listenable,
  types: readonly string[],
  check: () => Promise<T | undefined>
): Promise<T> {
  let woken = Promise.withResolvers<void>()
  const wake = (): void => woken.resolve()
  for (const type of types) target.addEventListener(type, wake)
  try {
    for (;;) {
      const found = await check()
      if (found !== undefined) return found
      await woken.promise
      woken = Promise.withResolvers<void>()
    }
  } finally {
    for (const type of types) target.removeEventListener(type, wake)
  }
}
