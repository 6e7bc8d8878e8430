import type { BaseBlockchain, Block, Walytis } from '../../src/interface/index.ts'
import { createWalytis, type WalytisInit } from '../../src/walytis.ts'

/** Nodes over TCP on loopback that find each other by addresses alone, and are stopped together. */
export class TestNodes {
  private readonly nodes: Walytis[] = []

  async start(init: WalytisInit = {}): Promise<Walytis> {
    const libp2p = { connectionManager: { inboundConnectionThreshold: 1000 }, ...init.libp2p }
    const node = await createWalytis({ listen: ['/ip4/127.0.0.1/tcp/0'], discovery: { mdns: false }, ...init, libp2p })
    this.nodes.push(node)
    return node
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.splice(0).map((node) => node.stop()))
  }
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

export const bytes = (text: string): Uint8Array => encoder.encode(text)

const textOf = async (block: Block): Promise<string> => decoder.decode(await block.content())

/** The contents of all blocks in effect, in canonical order. */
export async function textsOf(chain: BaseBlockchain): Promise<string[]> {
  const texts: string[] = []
  for await (const block of chain.blocks()) texts.push(await textOf(block))
  return texts
}

/** Resolves once the chain holds a block of this text; rejects after a while. */
export async function untilText(chain: BaseBlockchain, text: string, milliseconds = 15_000): Promise<Block> {
  const signal = AbortSignal.timeout(milliseconds)
  return new Promise<Block>((resolve, reject) => {
    const found = (block: Block) => {
      chain.removeEventListener('block:added', onAdded)
      resolve(block)
    }
    const check = async (block: Block) => {
      if ((await textOf(block)) === text) found(block)
    }
    const onAdded = ({ detail }: CustomEvent<{ block: Block }>) => void check(detail.block)
    chain.addEventListener('block:added', onAdded)
    signal.addEventListener('abort', () => reject(new DOMException(`"${text}" did not arrive`, 'TimeoutError')))
    void (async () => {
      for await (const block of chain.blocks()) await check(block)
    })()
  })
}

/** Resolves with the next event of a type. */
export function nextEvent(
  chain: BaseBlockchain,
  type: 'peer:joined' | 'peer:left' | 'sync:level',
  milliseconds = 15_000
): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new DOMException(`no ${type}`, 'TimeoutError')), milliseconds)
    const onEvent = () => {
      clearTimeout(timer)
      resolve()
    }
    chain.addEventListener(type, onEvent, { once: true })
  })
}
