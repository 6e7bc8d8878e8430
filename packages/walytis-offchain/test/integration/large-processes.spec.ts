import { expect, it } from 'vitest'
import { runLargeFile } from '../support/large-file-run.ts'

const WINDOW = 8 * 1024 * 1024

it('F1 processes that are killed in the middle of a large file go on without starting over, and a third member serves it', async () => {
  const size = 6 * WINDOW
  const { hashes, bob, alice, windowsSent } = await runLargeFile(size, () => undefined)
  expect(hashes.bob).toBe(hashes.written)
  expect(hashes.carol).toBe(hashes.written)
  // What had come of at most two windows from one device is asked for again.
  expect(bob.resumedAt).toBeGreaterThanOrEqual(bob.killedAt - 3 * WINDOW)
  expect(alice.resumedAt).toBeGreaterThanOrEqual(alice.killedAt - 3 * WINDOW)
  expect(alice.resumedAt).toBeGreaterThan(WINDOW)
  expect(windowsSent).toBeLessThanOrEqual(size / WINDOW + 6)
}, 300_000)
