import { CID } from 'multiformats/cid'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { RegisterValue } from '../../src/index.ts'
import { PrivateRegisters, type RegistersComponents } from '../../src/registers/registers.ts'
import { bytes, Cast, type Member } from '../integration/members.ts'

let cast: Cast
let alice: Member
let hasKey: boolean
let told: RegisterValue[]
let registers: PrivateRegisters

/** Alice's registers by themselves, over her group, whose keys may be withheld. */
async function open(): Promise<PrivateRegisters> {
  const { group } = alice
  const { sessions, device, store, keyStore } = group
  const withheld: RegistersComponents['group'] = {
    sessions,
    device,
    store,
    keyStore,
    members: () => group.members(),
    verify: async (...signed) => await group.verify(...signed),
    epochs: {
      current: async (options) => await group.epochs.current(options),
      at: async (position) => await group.epochs.at(position),
      get: async (id, options) => await group.epochs.get(id, options),
      entitled: async (did, id) => await group.epochs.entitled(did, id),
      held: (id) => (hasKey ? group.epochs.held(id) : undefined)
    },
    addEventListener: group.addEventListener.bind(group),
    removeEventListener: group.removeEventListener.bind(group)
  }
  return await PrivateRegisters.open({
    group: withheld,
    chain: CID.parse(alice.chain.id),
    changed: (value) => void told.push(value),
    report: (error) => expect.unreachable(String(error))
  })
}

beforeEach(async () => {
  cast = new Cast()
  alice = await cast.founder('alice')
  await alice.chain.close()
  hasKey = true
  told = []
  registers = await open()
})
afterEach(async () => {
  await registers.close()
  await cast.end()
})

it('a value that came before the key of its epoch is told once the key has come', async () => {
  hasKey = false
  await registers.set('read', bytes('1'))
  expect([told, await registers.all()]).toEqual([[], []])
  hasKey = true
  const { id } = await alice.group.epochs.current()
  alice.group.dispatchEvent(new CustomEvent('epoch:available', { detail: { epoch: id } }))
  expect(told.map(({ name, value }) => [name, value])).toEqual([['read', bytes('1')]])
  expect((await registers.get('read'))?.value).toEqual(bytes('1'))
})

it('F3 a disk that takes nothing leaves the value before it, and is tried again with the next', async () => {
  await registers.set('read', bytes('1'))
  const full = new RangeError('no space left')
  const batch = vi.spyOn(alice.group.store, 'batch').mockRejectedValueOnce(full)
  await expect(registers.set('read', bytes('2'))).rejects.toBe(full)
  expect((await registers.get('read'))?.value).toEqual(bytes('1'))
  batch.mockRestore()
  await registers.set('read', bytes('3'))
  await registers.close()
  registers = await open()
  expect((await registers.get('read'))?.value).toEqual(bytes('3'))
  expect(told.map(({ value }) => value)).toEqual([bytes('1'), bytes('3')])
})
