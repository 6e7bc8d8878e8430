/** Do one after the other, also after a failure, because what is left open keeps the process alive. Returns what failed. */
export async function inTurn(steps: readonly (() => Promise<unknown>)[]): Promise<unknown[]> {
  const failures: unknown[] = []
  for (const step of steps) {
    try {
      await step()
    } catch (error) {
      failures.push(error)
    }
  }
  return failures
}
