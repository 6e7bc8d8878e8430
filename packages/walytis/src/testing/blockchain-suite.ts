import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { MAX_CONTENT_BYTES } from '../constants.ts'
import { blockchainConsumerTests } from './blockchain-consumer-suite.ts'
import { blockchainQueryTests } from './blockchain-query-suite.ts'
import { blockchainReplicationTests } from './blockchain-replication-suite.ts'
import type { SuiteContext } from './suite-context.ts'
import { bytes, contentText, nextEvent, noise, nothingElse } from './suite-tools.ts'

/** How a suite gets its chains, and what they can hold. */
export interface SuiteInit<C extends SuiteContext> {
  /** Called before each test. */
  setup(): Promise<C>
  /** Called after each test; the chains may be closed already. */
  teardown(context: C): Promise<void>
  /** The largest content that `add` takes, where that is little. Default: larger contents are taken, and tested. */
  readonly maxContentBytes?: number | undefined
}

/**
 * What every `Blockchain` must do, plain or overlay: each implementation, and each stack of them, runs it from a spec of its
 * own. Looks at chains through the interface only.
 */
export function blockchainSuite<C extends SuiteContext>(name: string, init: SuiteInit<C>): void {
  describe(`${name}, as a Blockchain`, () => {
    let context: C
    const current = (): SuiteContext => context

    beforeEach(async () => {
      context = await init.setup()
    })

    afterEach(async () => {
      await init.teardown(context)
    })

    writingTests(current, init.maxContentBytes)
    describe('queries', () => blockchainQueryTests(current))
    describe('consumers', () => blockchainConsumerTests(current))
    describe('closing', () => closingTests(current))
    describe('replication', () => blockchainReplicationTests(current, init.maxContentBytes === undefined))
  })
}

function writingTests(context: () => SuiteContext, maxContentBytes: number | undefined): void {
  it('begins empty', async () => {
    const { chain } = context()
    expect(await chain.count()).toBe(0)
    await nothingElse(chain.blocks())
  })

  it('gives back what was added', async () => {
    const { chain } = context()
    const added = await chain.add(bytes('hello'), { topics: ['greeting', 'english'] })
    const found = await chain.get(added.id)
    expect(await contentText(found)).toBe('hello')
    expect(found.id.toString()).toBe(added.id.toString())
    expect([...found.topics].sort()).toEqual(['english', 'greeting'])
    expect(found.size).toBe(5)
    expect(found.revoked).toBe(false)
    expect(found.author).toBe(chain.writer?.author)
    expect(found.creator.equals(chain.writer?.creator)).toBe(true)
    expect(await chain.has(added.id)).toBe(true)
    expect(await chain.has(added.id.toString())).toBe(true)
    expect((await chain.get(added.id.toString())).id.equals(added.id)).toBe(true)
  })

  it('takes content in pieces, and gives it in pieces', async () => {
    const { chain } = context()
    const pieces = async function* () {
      yield bytes('one ')
      yield bytes('two')
    }
    const added = await chain.add(pieces())
    let found = ''
    for await (const piece of added.stream()) found += new TextDecoder().decode(piece)
    expect(found).toBe('one two')
  })

  it('takes empty content', async () => {
    const { chain } = context()
    const added = await chain.add(new Uint8Array())
    expect((await (await chain.get(added.id)).content()).length).toBe(0)
  })

  it('is not confused by a caller that reuses its buffer', async () => {
    const { chain } = context()
    const buffer = bytes('before')
    const adding = chain.add(buffer)
    buffer.set(bytes('AFTER!'))
    expect(await contentText(await chain.get((await adding).id))).toBe('before')
  })

  it('keeps what it holds when a reader changes what it was given', async () => {
    const { chain } = context()
    const added = await chain.add(bytes('kept'))
    const given = await added.content()
    given.fill(0)
    expect(await contentText(await chain.get(added.id))).toBe('kept')
  })

  it('orders the blocks of one writer', async () => {
    const { chain } = context()
    const first = await chain.add(bytes('1'))
    const second = await chain.add(bytes('2'))
    expect(second.seq).toBeGreaterThan(first.seq)
    expect(second.height).toBeGreaterThan(first.height)
    expect(await chain.isAncestor(first.id, second.id)).toBe(true)
    expect(await chain.isAncestor(second.id, first.id)).toBe(false)
    expect(await chain.isAncestor(first.id, first.id)).toBe(false)
    expect((await chain.heads()).map(String)).toEqual([second.id.toString()])
  })

  it('keeps concurrent additions apart', async () => {
    const { chain } = context()
    const added = await Promise.all(['a', 'b', 'c', 'd'].map((content) => chain.add(bytes(content))))
    expect(new Set(added.map((block) => block.seq)).size).toBe(4)
    expect(await chain.count()).toBe(4)
    expect(await Promise.all(added.map(contentText))).toEqual(['a', 'b', 'c', 'd'])
  })

  it('tells of a block once it can be read', async () => {
    const { chain } = context()
    const told = nextEvent(chain, 'block:added')
    const added = await chain.add(bytes('news'))
    const { block, peer } = (await told).detail
    expect(block.id.toString()).toBe(added.id.toString())
    expect(peer).toBeUndefined()
    expect(await contentText(await chain.get(block.id))).toBe('news')
  })

  it('refuses topics over the limits, and stays usable', async () => {
    const { chain } = context()
    const topics = Array.from({ length: 33 }, (_, index) => `topic ${index}`)
    await expect(chain.add(bytes('x'), { topics })).rejects.toMatchObject({ name: 'LimitExceededError' })
    const long = ['x'.repeat(129)]
    await expect(chain.add(bytes('x'), { topics: long })).rejects.toMatchObject({ name: 'LimitExceededError' })
    await chain.add(bytes('x'), { topics: ['fine'] })
    expect(await chain.count()).toBe(1)
  })

  it('takes content of 256 KiB', async () => {
    const { chain } = context()
    const content = noise(MAX_CONTENT_BYTES)
    const added = await chain.add(content)
    const found = await chain.get(added.id)
    expect(await found.content()).toEqual(content)
    expect(found.available).toBe(true)
  })

  it.runIf(maxContentBytes !== undefined)('refuses content over the limit', async () => {
    const { chain } = context()
    const tooLarge = new Uint8Array((maxContentBytes ?? 0) + 1)
    await expect(chain.add(tooLarge)).rejects.toMatchObject({ name: 'LimitExceededError' })
    expect(await chain.count()).toBe(0)
  })

  it.runIf(maxContentBytes === undefined)('takes large content as it comes, and gives it in pieces', async () => {
    const { chain } = context()
    const content = noise(5 * MAX_CONTENT_BYTES + 7)
    const pieces = async function* () {
      const piece = new Uint8Array(100_000)
      for (let start = 0; start < content.length; start += piece.length) {
        const part = content.subarray(start, start + piece.length)
        // the same buffer again and again, as files are read
        piece.set(part)
        yield piece.subarray(0, part.length)
      }
    }
    const added = await chain.add(pieces(), { topics: ['large'] })
    expect(added.size).toBe(content.length)
    const found = await chain.get(added.id)
    expect(found.available).toBe(true)
    const given: Uint8Array[] = []
    for await (const piece of found.stream()) given.push(piece)
    expect(given.length).toBeGreaterThan(1)
    expect(Buffer.concat(given).equals(content)).toBe(true)
    expect(Buffer.from(await found.content()).equals(content)).toBe(true)
    const again = await chain.add(content)
    expect(Buffer.from(await again.content()).equals(content)).toBe(true)
  })

  it.runIf(maxContentBytes === undefined)('keeps nothing of large content whose source fails', async () => {
    const { chain } = context()
    const pieces = async function* () {
      yield noise(3 * MAX_CONTENT_BYTES)
      throw new RangeError('the disk it came from was pulled out')
    }
    await expect(chain.add(pieces())).rejects.toThrow('pulled out')
    expect(await chain.count()).toBe(0)
    await chain.add(bytes('and goes on'))
    expect(await chain.count()).toBe(1)
  })

  it('says which block it does not hold', async () => {
    const { chain } = context()
    const unknown = 'bafyreigdmqpykrgxyaxtlafqpqhzrb7qy2rh75nldvfd4tucqmqqme5yje'
    await expect(chain.get(unknown)).rejects.toMatchObject({ name: 'NotFoundError' })
    await expect(chain.get('not an id')).rejects.toMatchObject({ name: 'NotFoundError' })
    expect(await chain.has(unknown)).toBe(false)
  })

  it('does nothing when asked by a signal not to', async () => {
    const { chain } = context()
    const signal = AbortSignal.abort()
    await expect(chain.add(bytes('x'), { signal })).rejects.toThrow()
    expect(await chain.count()).toBe(0)
  })
}

function closingTests(context: () => SuiteContext): void {
  it('ends all use', async () => {
    const { chain } = context()
    await chain.add(bytes('kept'))
    await chain.close()
    await expect(chain.add(bytes('late'))).rejects.toMatchObject({ name: 'ClosedError' })
    await chain.close()
  })
}
