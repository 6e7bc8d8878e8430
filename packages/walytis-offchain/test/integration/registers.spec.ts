import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CID } from 'multiformats/cid'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Did } from 'walytis-identities'
import { REGISTERS_PROTOCOL } from '../../src/constants.ts'
import { domains } from '../../src/domains.ts'
import type { PrivateBlockchain } from '../../src/index.ts'
import { decodeRecord, encodeRecord, type RegisterRecord, sealValue, signedPartOf } from '../../src/registers/format.ts'
import { encodeRegisterMessage } from '../../src/registers/messages.ts'
import { rowsOf } from '../../src/store/store-keys.ts'
import { arrival, bytes, Cast, event, type Member, met, stop } from './members.ts'

let cast: Cast
let alice: Member
let bob: Member

beforeEach(async () => {
  cast = new Cast()
  alice = await cast.founder('alice')
  bob = await cast.joiner('bob', alice)
})
afterEach(async () => {
  await cast.end()
})

const textOf = (value: Uint8Array | undefined): string | undefined =>
  value === undefined ? undefined : new TextDecoder().decode(value)

/** Resolves once a chain knows this value of a device. */
async function known(chain: PrivateBlockchain, device: Did, name: string, value: string | undefined): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const look = async (): Promise<void> => {
    if (textOf((await chain.registers.get(name, device))?.value) === value) resolve()
  }
  const listener = (): void => void look().catch(reject)
  chain.addEventListener('register:changed', listener)
  listener()
  await promise.finally(() => chain.removeEventListener('register:changed', listener))
}

/** The records that lie on a member's disk. */
async function stored(member: Member): Promise<RegisterRecord[]> {
  const records: RegisterRecord[] = []
  for await (const bytes of rowsOf(member.group.store, member.chain.id, 'register').values()) {
    const decoded = decodeRecord(bytes)
    if (decoded.ok) records.push(decoded.record)
  }
  return records
}

/** Give a record to a member, from another's device, past the other's own chain. */
async function give(from: Member, to: Member, records: Uint8Array[]): Promise<void> {
  const channel = await from.group.sessions.open(to.identity.did, REGISTERS_PROTOCOL)
  await channel.send(encodeRegisterMessage({ kind: 'give', records }))
}

describe('a register', () => {
  it('shows the newest value of each device to all, and survives a restart', async () => {
    const changed = event(bob.chain, 'register:changed')
    await alice.chain.registers.set('read', bytes('block 7'))
    expect((await changed).detail).toEqual({
      name: 'read',
      device: alice.identity.did,
      author: alice.identity.did,
      value: bytes('block 7')
    })
    await bob.chain.registers.set('read', bytes('block 5'))
    await known(alice.chain, bob.identity.did, 'read', 'block 5')
    const all = await alice.chain.registers.all('read')
    expect(all.map(({ value }) => textOf(value)).sort()).toEqual(['block 5', 'block 7'])
    const back = await cast.restart(bob)
    expect(textOf((await back.chain.registers.get('read'))?.value)).toBe('block 5')
    expect(textOf((await back.chain.registers.get('read', alice.identity.did))?.value)).toBe('block 7')
  })

  it('keeps one value on each disk, however many there were', async () => {
    for (let n = 1; n <= 20; n++) await alice.chain.registers.set('draft', bytes(`draft ${n}`))
    await known(bob.chain, alice.identity.did, 'draft', 'draft 20')
    for (const member of [alice, bob]) expect((await stored(member)).map(({ seq }) => seq)).toEqual([20])
  })

  it('is had from whoever has it when its device is gone, and only the last value of it', async () => {
    const carol = await cast.joiner('carol', alice)
    await Promise.all([met(bob, carol), met(alice, carol)])
    await stop(carol)
    for (const value of ['first', 'second', 'third']) await alice.chain.registers.set('draft', bytes(value))
    await known(bob.chain, alice.identity.did, 'draft', 'third')
    await stop(alice)
    const back = await cast.restart(carol)
    const seen: (string | undefined)[] = []
    back.chain.addEventListener('register:changed', ({ detail }) => void seen.push(textOf(detail.value)))
    await known(back.chain, alice.identity.did, 'draft', 'third')
    expect(seen.filter((value) => value !== 'third')).toEqual([])
  })

  it('is gone everywhere once it is deleted', async () => {
    await alice.chain.registers.set('draft', bytes('never mind'))
    await known(bob.chain, alice.identity.did, 'draft', 'never mind')
    await alice.chain.registers.delete('draft')
    await known(bob.chain, alice.identity.did, 'draft', undefined)
    expect(await bob.chain.registers.all()).toEqual([])
    await alice.chain.registers.delete('never set')
  })

  it('is refused when it is too long, too many, or has no name', async () => {
    const { registers } = alice.chain
    await expect(registers.set('x', new Uint8Array(4097))).rejects.toMatchObject({ name: 'LimitExceededError' })
    await expect(registers.set('', bytes('x'))).rejects.toMatchObject({ name: 'InvalidArgumentError' })
    for (let n = 0; n < 64; n++) await registers.set(`register ${n}`, bytes('x'))
    await expect(registers.set('one more', bytes('x'))).rejects.toMatchObject({ name: 'LimitExceededError' })
    await registers.set('register 0', bytes('y'))
    await alice.chain.close()
    await expect(registers.set('x', bytes('x'))).rejects.toMatchObject({ name: 'ClosedError' })
  })
})

describe('an old value of a register', () => {
  it('F5 does not come back, whoever sends it again', async () => {
    const carol = await cast.joiner('carol', alice)
    await alice.chain.registers.set('read', bytes('old'))
    await known(bob.chain, alice.identity.did, 'read', 'old')
    const [old] = await stored(bob)
    if (old === undefined) throw new TypeError('bob has no register')
    await alice.chain.registers.set('read', bytes('new'))
    await Promise.all([
      known(bob.chain, alice.identity.did, 'read', 'new'),
      known(carol.chain, alice.identity.did, 'read', 'new')
    ])
    // Carol's own chain would tell the truth beside it.
    await carol.chain.close()
    const marker = bob.chain.registers.get('marker', carol.identity.did)
    expect(await marker).toBe(undefined)
    await give(carol, bob, [encodeRecord(old), ...(await markerOf(carol))])
    await known(bob.chain, carol.identity.did, 'marker', 'after')
    expect(textOf((await bob.chain.registers.get('read', alice.identity.did))?.value)).toBe('new')
  })

  it('F17 is counted on from by a device that has lost its memory of newer ones', async () => {
    for (const value of ['1', '2', '3']) await alice.chain.registers.set('read', bytes(value))
    await known(bob.chain, alice.identity.did, 'read', '3')
    await alice.chain.close()
    const rows = rowsOf(alice.group.store, alice.chain.id, 'register')
    await rows.clear()
    const back = await cast.restart(alice)
    await known(back.chain, alice.identity.did, 'read', '3')
    await back.chain.registers.set('read', bytes('4'))
    await known(bob.chain, alice.identity.did, 'read', '4')
  })
})

it('F17 a value that a device sets after it lost its memory is not undone by what it has forgotten', async () => {
  for (const value of ['1', '2', '3']) await alice.chain.registers.set('read', bytes(value))
  await known(bob.chain, alice.identity.did, 'read', '3')
  await stop(bob)
  await alice.chain.close()
  await rowsOf(alice.group.store, alice.chain.id, 'register').clear()
  const back = await cast.restart(alice)
  await back.chain.registers.set('read', bytes('fresh'))
  const again = await cast.restart(bob)
  await again.walytis.dial(back.walytis.getMultiaddrs())
  await known(again.chain, alice.identity.did, 'read', 'fresh')
  expect(textOf((await back.chain.registers.get('read'))?.value)).toBe('fresh')
})

/** A record that Carol's device makes by itself: once it has come, what was sent before it has been looked at. */
async function markerOf(member: Member): Promise<Uint8Array[]> {
  const unsigned = sealValue(
    { chain: CID.parse(member.chain.id), device: member.identity.did, slot: new Uint8Array(16), seq: 1 },
    { name: 'marker', value: bytes('after') },
    await member.group.epochs.current(),
    new Uint8Array(32).fill(1)
  )
  const signature = await member.group.device.sign(signedPartOf(unsigned), domains.registerSignature)
  return [encodeRecord({ ...unsigned, signature })]
}

describe('a register that somebody else makes', () => {
  it('R2 in the name of another device is refused', async () => {
    const carol = await cast.joiner('carol', alice)
    await arrival(bob, await written(alice, 'carol is here'))
    const place = { chain: CID.parse(bob.chain.id), slot: new Uint8Array(16).fill(9), seq: 99 }
    const epoch = await carol.group.epochs.current()
    const content = { name: 'read', value: bytes('words in her mouth') }
    const unsigned = sealValue({ ...place, device: alice.identity.did }, content, epoch, new Uint8Array(32))
    const signature = await carol.group.device.sign(signedPartOf(unsigned), domains.registerSignature)
    await carol.chain.close()
    await give(carol, bob, [encodeRecord({ ...unsigned, signature }), ...(await markerOf(carol))])
    await known(bob.chain, carol.identity.did, 'marker', 'after')
    expect(await bob.chain.registers.get('read', alice.identity.did)).toBe(undefined)
  })

  it('R13 R14 does not reach a removed member, and its own are shown no more', async () => {
    await bob.chain.registers.set('read', bytes('by bob'))
    await alice.chain.registers.set('read', bytes('before'))
    await Promise.all([
      known(alice.chain, bob.identity.did, 'read', 'by bob'),
      known(bob.chain, alice.identity.did, 'read', 'before')
    ])
    const carol = await cast.joiner('carol', alice)
    await alice.group.remove(bob.identity.did)
    await alice.chain.registers.set('read', bytes('after'))
    await known(carol.chain, alice.identity.did, 'read', 'after')
    expect(textOf((await bob.chain.registers.get('read', alice.identity.did))?.value)).not.toBe('after')
    expect(await alice.chain.registers.get('read', bob.identity.did)).toBe(undefined)
    const [record] = (await stored(carol)).filter(({ device }) => device === alice.identity.did)
    expect(record && bob.group.epochs.held(record.epoch)).toBe(undefined)
  })

  it('F14 is served to no one who was removed', async () => {
    const open = await bob.group.sessions.open(alice.identity.did, REGISTERS_PROTOCOL)
    const heard: Uint8Array[] = []
    const listening = (async () => {
      for await (const frame of open.messages()) heard.push(frame)
    })().catch(() => undefined)
    await alice.group.remove(bob.identity.did)
    await alice.chain.registers.set('read', bytes('after'))
    await open.send(encodeRegisterMessage({ kind: 'have', held: [], more: false })).catch(() => undefined)
    await listening
    const [record] = await stored(alice)
    expect(record).toBeDefined()
    expect(heard.some((frame) => Buffer.from(frame).includes(record?.sealed ?? ''))).toBe(false)
  })
})

it('R33 names and values of registers stand nowhere on the disk', async () => {
  await alice.chain.registers.set('PLANTED-name', bytes('PLANTED-value'))
  await known(bob.chain, alice.identity.did, 'PLANTED-name', 'PLANTED-value')
  await bob.walytis.store.put('canary', 'PLANTED-canary')
  await Promise.all([stop(alice), stop(bob)])
  const entries = await Promise.all(
    [alice, bob].map(async ({ folder }) => await readdir(folder, { recursive: true, withFileTypes: true }))
  )
  const files = await Promise.all(
    entries
      .flat()
      .filter((entry) => entry.isFile())
      .map(async (entry) => await readFile(join(entry.parentPath, entry.name)))
  )
  const holds = (text: string): boolean => files.some((file) => file.includes(text))
  expect([holds('PLANTED-canary'), holds('PLANTED-name'), holds('PLANTED-value')]).toEqual([true, false, false])
})

async function written(member: Member, text: string): Promise<string> {
  await member.chain.add(bytes(text))
  return text
}
