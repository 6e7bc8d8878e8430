import type { Store } from 'walytis/interface'

/** Thrown for a write after the store died. */
class PowerFailure extends Error {
  override readonly name = 'PowerFailure'
}

/**
 * Let a database die at its n-th batch from now (from 0): `before` it, so that nothing of it is written, or `after` it, so that all is and nobody
 * hears of it. Returns how many batches were asked for since.
 */
export function dieAtBatch(store: Store, n: number, when: 'before' | 'after'): () => number {
  const batch = store.batch.bind(store) as (...args: unknown[]) => Promise<void>
  let asked = 0
  const dying = async (...args: unknown[]): Promise<void> => {
    const now = asked++
    if (now < n || (now === n && when === 'after')) {
      await batch(...args)
    }
    if (now >= n) {
      throw new PowerFailure('the power went')
    }
  }
  store.batch = dying as unknown as Store['batch']
  return () => asked
}
