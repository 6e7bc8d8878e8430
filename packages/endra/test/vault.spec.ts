import { expect, it } from 'vitest'
import type { PrivateBlock, PrivateBlockchain } from 'walytis-offchain'
import { TOPIC_VAULT } from '../src/constants.ts'
import { findRecord, type VaultState } from '../src/vault/fold.ts'
import { encodeRecord } from '../src/vault/records.ts'
import { openVault, type Vault } from '../src/vault.ts'
import { blockId } from './people.ts'

/** A vault whose chain shows nothing until it is told to, as one does whose key has not come yet. */
async function lockedVault(): Promise<{ vault: Vault; unlock: (name: string) => void }> {
  const chain = Object.assign(new EventTarget(), {
    async *blocks() {},
    close: async () => undefined
  }) as unknown as PrivateBlockchain & EventTarget
  const unlock = (name: string): void => {
    const content = encodeRecord({ kind: 'profile', key: '', value: { name } })
    const fields = { id: blockId(1), height: 1, topics: [TOPIC_VAULT], available: true, content: async () => content }
    chain.dispatchEvent(new CustomEvent('block:added', { detail: { block: fields as unknown as PrivateBlock } }))
  }
  const failed = (error: unknown): never => {
    throw error
  }
  return { vault: await openVault(chain, failed), unlock }
}

const nameIn = (state: VaultState): string | undefined => findRecord(state, 'profile', '')?.value.name

it('tells when a record that was locked has come', async () => {
  const { vault, unlock } = await lockedVault()
  const come = vault.until((state) => nameIn(state) !== undefined)
  expect(nameIn(vault.state)).toBeUndefined()
  unlock('Alice')
  await come
  expect(nameIn(vault.state)).toBe('Alice')
  await vault.until((state) => nameIn(state) === 'Alice')
  await vault.close()
})

it('stops waiting when it is told to', async () => {
  const { vault } = await lockedVault()
  const stop = new AbortController()
  const waiting = vault.until(() => false, { signal: stop.signal })
  stop.abort()
  await expect(waiting).rejects.toMatchObject({ name: 'AbortError' })
  await expect(vault.until(() => true, { signal: stop.signal })).rejects.toMatchObject({ name: 'AbortError' })
  await vault.close()
})
