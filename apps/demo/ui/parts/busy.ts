import { useCallback, useState } from 'react'
import { sentenceOf } from '../client/words.ts'

/** One thing that is under way at a time, and what came of it. */
export interface Busy {
  readonly busy: boolean
  /** Why it failed, as a sentence. */
  readonly problem: string | undefined
  run(work: () => Promise<void>): Promise<void>
}

export function useBusy(): Busy {
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string>()
  const run = useCallback(async (work: () => Promise<void>) => {
    setBusy(true)
    setProblem(undefined)
    try {
      await work()
    } catch (error) {
      setProblem(sentenceOf(error))
    } finally {
      setBusy(false)
    }
  }, [])
  return { busy, problem, run }
}
