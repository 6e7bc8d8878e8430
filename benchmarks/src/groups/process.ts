/** The other processes of the group benchmarks: one system, whose functions are called by name. */
import { systems } from './contract.ts'
import type { Call, Outcome } from './worker.ts'

const path = systems[process.argv[2] ?? '']
if (path === undefined) throw new RangeError(`no such system: ${process.argv[2]}`)
const system = (await import(path.href)) as Record<string, (...given: unknown[]) => unknown>

process.on('message', (call: Call) => void answer(call))
process.send?.({ id: 0 } satisfies Outcome)

async function answer({ id, name, given }: Call): Promise<void> {
  try {
    const value = await system[name]?.(...given)
    process.send?.({ id, value } satisfies Outcome)
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
    process.send?.({ id, error: text } satisfies Outcome)
  }
}
