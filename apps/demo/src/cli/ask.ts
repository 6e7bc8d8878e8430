import { createInterface } from 'node:readline/promises'

/** Ask whoever is at the terminal, or the program in their place; the end of what they type, and the signal, mean no. */
export async function askYes(question: string, signal: AbortSignal): Promise<boolean> {
  // Without line editing Ctrl-C stays a signal. What is asked goes where errors go, so that programs can read the answers of this one.
  const lines = createInterface({ input: process.stdin, output: process.stderr, terminal: false })
  const ended = Promise.withResolvers<string>()
  lines.once('close', () => ended.resolve(''))
  const close = (): void => lines.close()
  signal.addEventListener('abort', close)
  try {
    const answer = signal.aborted ? '' : await Promise.race([lines.question(question), ended.promise])
    return /^y(es)?$/i.test(answer.trim())
  } finally {
    signal.removeEventListener('abort', close)
    lines.close()
  }
}
