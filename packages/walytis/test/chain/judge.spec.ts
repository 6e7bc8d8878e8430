import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { BlockPolicy, Judgement } from '../../src/interface/index.ts'
import { alice, bob } from '../../src/testing/actors.ts'
import { forgeBlock } from '../../src/testing/forge.ts'
import { all, bytes, createChain, type LocalNode, openLocalNode, text } from '../support/local-chains.ts'
import { encodeVotes, VOTING_POLICY } from '../support/voting-policy.ts'

const NOTHING = new Uint8Array()
const YES: Judgement = { accepted: true, annotation: NOTHING, effects: { revoke: [], reinstate: [] }, retain: false }

function policyThat(judge: BlockPolicy['judge']): BlockPolicy {
  return {
    name: 'test',
    parameters: NOTHING,
    judge: (block, ...rest) => (block.chain === null ? YES : judge(block, ...rest))
  }
}

describe('a policy', () => {
  let node: LocalNode

  beforeEach(async () => {
    node = await openLocalNode()
  })

  afterEach(async () => {
    await node.stop()
  })

  it("refuses blocks, this node's own too, and leaves no trace of them", async () => {
    const policy = policyThat((block) => (block.topics.includes('no') ? { accepted: false, rule: 'no-means-no' } : YES))
    const { blockchain } = await createChain(node, alice, policy)
    await blockchain.add(bytes('yes'))
    const refused = blockchain.add(bytes('no'), { topics: ['no'] })
    await expect(refused).rejects.toMatchObject({ name: 'InvalidBlockError', rule: 'no-means-no' })
    expect((await blockchain.add(bytes('yes'))).seq).toBe(3)
  })

  it('has its annotations kept, and sees those of parents and content', async () => {
    const seen: string[] = []
    const policy = policyThat(async (_block, content, { linked }) => {
      for (const one of linked)
        seen.push(`${text(one.annotation)}/${one.block.chain === null ? '' : text(await one.content())}`)
      return { ...YES, annotation: bytes(`noted ${text(content ?? NOTHING)}`) }
    })
    const { blockchain } = await createChain(node, alice, policy)
    const first = await blockchain.add(bytes('1'))
    await blockchain.add(bytes('2'))
    expect(seen).toEqual(['/', 'noted 1/1'])
    expect(text((await blockchain.record(first.id))?.annotation ?? NOTHING)).toBe('noted 1')
  })

  it('is not shown content over 64 KiB', async () => {
    const sizes: (number | undefined)[] = []
    const policy = policyThat((_block, content) => {
      sizes.push(content?.length)
      return YES
    })
    const { blockchain } = await createChain(node, alice, policy)
    await blockchain.add(new Uint8Array(64 * 1024))
    await blockchain.add(new Uint8Array(64 * 1024 + 1))
    expect(sizes).toEqual([64 * 1024, undefined])
  })

  it.each<[string, BlockPolicy['judge']]>([
    [
      'throws',
      () => {
        throw new RangeError('oops')
      }
    ],
    ['annotates too much', () => ({ ...YES, annotation: new Uint8Array(16 * 1024 + 1) })],
    ['names unknown blocks', (block) => ({ ...YES, effects: { revoke: [block.content], reinstate: [] } })],
    [
      'revokes the genesis',
      (block) => ({ ...YES, effects: { revoke: block.chain === null ? [] : [block.chain], reinstate: [] } })
    ],
    ['revokes and reinstates at once', (block) => ({ ...YES, effects: { revoke: [block.id], reinstate: [block.id] } })]
  ])('that %s fails as itself, and the chain goes on', async (_name, misbehave) => {
    const policy = policyThat((block, ...rest) => (block.topics.includes('bad') ? misbehave(block, ...rest) : YES))
    const { blockchain, replica } = await createChain(node, alice, policy)
    const failed = blockchain.add(bytes('x'), { topics: ['bad'] })
    await expect(failed).rejects.toMatchObject({ name: 'PolicyError', policy: 'test' })
    const genesis = await blockchain.record(replica.chain)
    if (genesis === undefined) throw new RangeError()
    const stand = { signer: bob.signer, genesis: genesis.block, parents: [genesis.block] }
    const bad = await forgeBlock({ ...stand, topics: ['bad'] })
    await expect(replica.ingest([bad], bob.peerId)).rejects.toMatchObject({ name: 'PolicyError' })
    expect(await replica.has(bad.signed.id)).toBe(false)
    expect((await blockchain.add(bytes('fine'))).seq).toBe(2)
  })

  it('R42 that revokes while the application is down is told of on its return', async () => {
    const { blockchain } = await createChain(node, alice, VOTING_POLICY)
    const events: string[] = []
    for (const type of ['block:added', 'block:revoked', 'block:reinstated'] as const) {
      blockchain.addEventListener(type, ({ detail }) => events.push(`${type} ${detail.block.topics.join()}`))
    }
    const seen: string[] = []
    const follow = () =>
      blockchain.consume('app', async ({ kind, block }) => void seen.push(`${kind} ${block.topics.join()}`))
    const target = await blockchain.add(NOTHING, { topics: ['target'] })
    const running = await follow()
    await running.drained()
    await running.close()
    await blockchain.add(encodeVotes({ revoke: ['target'] }), { topics: ['vote'] })
    expect((await blockchain.get(target.id)).revoked).toBe(true)
    expect(await blockchain.count()).toBe(1)
    expect((await all(blockchain.blocks())).map(({ topics }) => topics.join())).toEqual(['vote'])
    await blockchain.add(encodeVotes({ reinstate: ['target'] }), { topics: ['veto'] })
    expect((await blockchain.get(target.id)).revoked).toBe(false)
    await (await follow()).drained()
    expect(seen).toEqual(['block target', 'block vote', 'revoke target', 'block veto', 'reinstate target'])
    expect(events).toEqual([
      'block:added target',
      'block:added vote',
      'block:revoked target',
      'block:added veto',
      'block:reinstated target'
    ])
  })
})
