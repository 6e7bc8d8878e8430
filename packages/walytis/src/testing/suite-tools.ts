import { expect } from 'vitest'
import type { Block, Blockchain, BlockchainEvents } from '../interface/index.ts'

/** What the parts of the compliance suite share. */

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

/** Bytes that look like chance, the same each time. */
export function noise(length: number, seed = 1): Uint8Array {
  const content = new Uint8Array(length)
  for (let index = 0, state = seed; index < length; index++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    content[index] = state >>> 24
  }
  return content
}

export async function contentText(block: Block): Promise<string> {
  return new TextDecoder().decode(await block.content())
}

/** The contents, as text, of blocks in the order they come in. */
export async function contents(blocks: AsyncIterable<Block>): Promise<string[]> {
  const texts: string[] = []
  for await (const block of blocks) texts.push(await contentText(block))
  return texts
}

/** The ids of blocks in the order they come in. */
export async function idsOf(blocks: AsyncIterable<Block>): Promise<string[]> {
  const ids: string[] = []
  for await (const { id } of blocks) ids.push(id.toString())
  return ids
}

export async function nothingElse(items: AsyncIterable<unknown>): Promise<void> {
  for await (const item of items) expect(item).toBeUndefined()
}

/** The next event of a type. */
export async function nextEvent<K extends keyof BlockchainEvents>(
  chain: Blockchain,
  type: K
): Promise<BlockchainEvents[K]> {
  return await new Promise((resolve) => chain.addEventListener(type, resolve, { once: true }))
}

/** Resolves once a chain has this many blocks in effect, however they come. */
export async function untilCount(chain: Blockchain, count: number): Promise<void> {
  const reached = Promise.withResolvers<void>()
  const look = (): void => {
    chain.count().then((now) => {
      if (now >= count) reached.resolve()
    }, reached.reject)
  }
  chain.addEventListener('block:added', look)
  look()
  await reached.promise.finally(() => chain.removeEventListener('block:added', look))
}
