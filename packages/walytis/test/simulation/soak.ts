import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { SoakAnswer, SoakOrder } from '../support/soak-process.ts'

const NODE = fileURLToPath(new URL('../support/soak-process.ts', import.meta.url))
const CHAINS = 50
/** Milliseconds in which what was still going on comes to rest. */
const SETTLING = 5_000

/** One stretch of time on both nodes. */
export interface Stretch {
  readonly name: string
  /** Percent of one core, of the busier node. */
  readonly cpu: number
  /** Bytes in use at its end, of the larger node. */
  readonly heap: number
  /** Bytes by which a node has grown in it, of the one that grew more. */
  readonly growth: number
}

/** How long a soak lasts. */
export interface SoakInit {
  /** Of doing nothing, half of them before the writing and half after it. */
  readonly minutes: number
  /** That each node writes in between. */
  readonly blocks: number
}

/** Let two nodes with fifty chains in common idle, write, and idle again. */
export async function soak(
  { minutes, blocks }: SoakInit,
  stretchEnded: (stretch: Stretch) => void = () => {}
): Promise<Stretch[]> {
  const nodes = [start(CHAINS), start(0)] as const
  try {
    const [{ invitations }] = (await Promise.all(nodes.map(answerOf))) as [SoakAnswer, SoakAnswer]
    await tell(nodes[1], { type: 'join', invitations })
    const stretches: Stretch[] = []
    let last = await both(nodes, { type: 'idle', milliseconds: SETTLING })
    const note = (name: string, answers: SoakAnswer[]): void => {
      const stretch: Stretch = {
        name,
        cpu: Math.max(...answers.map(({ cpu }) => cpu)),
        heap: Math.max(...answers.map(({ heap }) => heap)),
        growth: Math.max(...answers.map(({ heap }, i) => heap - (last[i]?.heap ?? 0)))
      }
      last = answers
      stretches.push(stretch)
      stretchEnded(stretch)
    }
    const milliseconds = (minutes * 60_000) / 2
    note(`idle, ${CHAINS} chains`, await both(nodes, { type: 'idle', milliseconds }))
    note(`busy, ${2 * blocks} blocks`, await both(nodes, { type: 'write', blocks }))
    last = await both(nodes, { type: 'idle', milliseconds: SETTLING })
    note('idle again', await both(nodes, { type: 'idle', milliseconds }))
    return stretches
  } finally {
    for (const node of nodes) node.send({ type: 'stop' } satisfies SoakOrder)
    await Promise.all(nodes.map((node) => (node.exitCode === null ? once(node, 'exit') : undefined)))
  }
}

function start(chains: number): ChildProcess {
  return fork(NODE, [String(chains)], { execArgv: ['--expose-gc'] })
}

async function answerOf(node: ChildProcess): Promise<SoakAnswer> {
  const gone = once(node, 'exit').then(() => {
    throw new RangeError('a node of the soak has ended by itself')
  })
  const [message] = await Promise.race([once(node, 'message'), gone])
  return message as SoakAnswer
}

async function tell(node: ChildProcess, order: SoakOrder): Promise<SoakAnswer> {
  const answer = answerOf(node)
  node.send(order)
  return await answer
}

function both(nodes: readonly ChildProcess[], order: SoakOrder): Promise<SoakAnswer[]> {
  return Promise.all(nodes.map((node) => tell(node, order)))
}
