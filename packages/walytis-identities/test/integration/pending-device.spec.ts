import { encode } from '@ipld/dag-cbor'
import { randomBytes } from '@noble/hashes/utils.js'
import { afterEach, describe, expect, it } from 'vitest'
import { parseBlockId } from 'walytis'
import { EVENT_TOPIC } from '../../src/constants.ts'
import { deviceOf } from '../../src/device.ts'
import { encodeEvents, type RawEvent } from '../../src/events/format.ts'
import { rawOf } from '../../src/events/group-inception.ts'
import { GroupAccess } from '../../src/group/access.ts'
import { foundGroup } from '../../src/group/found.ts'
import { MIRROR_LIMIT } from '../../src/group-constants.ts'
import { createGroup, createIdentity, type Group, joinGroup } from '../../src/index.ts'
import { deriveEpoch } from '../../src/members/epoch-secrets.ts'
import { evidenceOf, splitEvidence } from '../../src/members/mirror.ts'
import { createGroupPolicy } from '../../src/state/policy.ts'
import { startActor, stopActors, until } from './actors.ts'

afterEach(stopActors)

/** A user with three devices, as the last of them has it: evidence of that many does not fit in a genesis. */
async function userOfThree(): Promise<{ actor: Awaited<ReturnType<typeof startActor>>; user: Group }> {
  const [laptop, phone, tablet] = [await startActor('laptop'), await startActor('phone'), await startActor('tablet')]
  const user = await createGroup(laptop.walytis, laptop.keyStore, laptop.identity)
  laptop.groups.push(user)
  let last = user
  for (const actor of [phone, tablet]) {
    const link = (await user.invite({ role: 'admin' })).toString()
    last = await joinGroup(actor.walytis, actor.keyStore, actor.identity, link)
    actor.groups.push(last)
  }
  await until(last, () => last.members().length === 3)
  return { actor: tablet, user: last }
}

describe('a device that the evidence in a genesis does not show yet', () => {
  it('writes nothing but the rest of the evidence: neither content, nor other events, nor mirrors of others', async () => {
    const { actor, user } = await userOfThree()
    const device = deviceOf(user.device)
    if (device === undefined) {
      return expect.unreachable('no device')
    }
    const { parameters, evidence } = await foundGroup(user, device, deriveEpoch(randomBytes(32)).publicKey, {})
    const policy = createGroupPolicy(parameters, evidence)
    const accessControl = new GroupAccess(randomBytes(32))
    const chain = await actor.walytis.create({ signer: device.signer, policy, accessControl })
    const write = (events: RawEvent[]): Promise<unknown> =>
      chain.append(async (position) => {
        const at = { ...position, topics: [EVENT_TOPIC] }
        return { content: await encodeEvents(events, at, (bytes) => device.signEvent(bytes)), topics: [EVENT_TOPIC] }
      })
    const content = encode({ epoch: parseBlockId(chain.id), text: 'too early' })
    const stranger = await createIdentity(actor.walytis, actor.keyStore)
    const pending = { name: 'InvalidBlockError', rule: 'pending-device' }
    await expect(chain.add(content)).rejects.toMatchObject(pending)
    await expect(write([{ kind: 'leave' }])).rejects.toMatchObject(pending)
    await expect(
      write([{ kind: 'mirror', member: stranger.did, blocks: (await evidenceOf(stranger)).map(rawOf) }])
    ).rejects.toMatchObject(pending)

    const rest = await evidence.admit(
      user.did,
      await evidenceOf(user),
      policy.state?.evidence.get(user.did) ?? new Set()
    )
    if ('rule' in rest) {
      return expect.unreachable(rest.rule)
    }
    for (const part of splitEvidence(evidence.rawBlocks(user.did, rest), MIRROR_LIMIT)) {
      await write([{ kind: 'mirror', member: user.did, blocks: part.map(rawOf) }])
    }
    // and then it is a device as any other
    await expect(chain.add(content)).resolves.toBeDefined()
    await stranger.close()
    await chain.close()
  })
})
