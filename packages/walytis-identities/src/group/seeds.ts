import { sha256 } from '@noble/hashes/sha2.js'
import { equals } from 'uint8arrays/equals'
import { toString as toText } from 'uint8arrays/to-string'
import type { BatchOperation } from 'walytis/interface'
import type { Did } from '../interface/did.ts'
import type { KeyStore } from '../interface/key-store.ts'
import { deriveEpoch, type EpochSecrets } from '../members/epoch-secrets.ts'
import type { EpochState, GroupState } from '../state/membership.ts'

/**
 * The seeds of a group's epochs that this node has: in the key store, and those in use in memory. They are filed under the
 * epoch's public key, which every seed can be checked against and which is known before the block has an id.
 */
export class Seeds {
  readonly #did: Did
  readonly #keyStore: KeyStore
  readonly #held = new Map<string, EpochSecrets>()

  constructor(did: Did, keyStore: KeyStore) {
    this.#did = did
    this.#keyStore = keyStore
  }

  /** Read those of these epochs that the key store has. */
  async load(epochs: Iterable<EpochState>): Promise<void> {
    for (const epoch of epochs) {
      const seed = await this.#keyStore.get(seedName(this.#did, epoch.publicKey))
      if (seed !== undefined) {
        // it was checked against this public key before it was kept, and the key store would notice if it had changed
        this.hold(deriveEpoch(seed, epoch.publicKey))
      }
    }
  }

  /** What is held of an epoch, at once. */
  get(epoch: EpochState): EpochSecrets | undefined {
    return this.#held.get(keyOf(epoch.publicKey))
  }

  hold(secrets: EpochSecrets): void {
    this.#held.set(keyOf(secrets.publicKey), secrets)
  }

  /** Take a seed that somebody sent. @returns false when it is not this epoch's */
  async take(epoch: EpochState, seed: Uint8Array): Promise<boolean> {
    const secrets = deriveEpoch(seed)
    if (!equals(secrets.publicKey, epoch.publicKey)) {
      return false
    }
    await this.#keyStore.put(seedName(this.#did, epoch.publicKey), seed)
    this.hold(secrets)
    return true
  }

  /** The row that keeps a seed, for the batch of the block that begins its epoch. */
  row(secrets: EpochSecrets): BatchOperation {
    return this.#keyStore.sealed(seedName(this.#did, secrets.publicKey), secrets.seed)
  }

  async put(secrets: EpochSecrets): Promise<void> {
    await this.#keyStore.put(seedName(this.#did, secrets.publicKey), secrets.seed)
  }
}

/** Records of a group in the key store begin with this. */
export function recordPrefix(did: Did): string {
  return `group/${did}/`
}

export function seedName(did: Did, publicKey: Uint8Array): string {
  return `${recordPrefix(did)}epoch/${keyOf(publicKey)}`
}

function keyOf(publicKey: Uint8Array): string {
  return toText(sha256(publicKey), 'hex').slice(0, 32)
}

/** Epochs that channels may be keyed by: the latest of which the seed is here, best first. */
const RECENT = 4

export function recentSecrets(state: GroupState, seeds: Seeds): { id: string; secret: Uint8Array }[] {
  const order = [...new Set([...state.usable, ...[...state.epochs.keys()].reverse()])]
  return order
    .flatMap((id) => {
      const epoch = state.epochs.get(id)
      const secrets = epoch === undefined ? undefined : seeds.get(epoch)
      return secrets === undefined ? [] : [{ id, secret: secrets.secret('channel') }]
    })
    .slice(0, RECENT)
}

/** Where members find each other: the group's static key, then keys of recent epochs. */
export function meetingKeys(state: GroupState | undefined, seeds: Seeds, fixed: Uint8Array): Uint8Array[] {
  const epochs = (state?.usable ?? []).flatMap((id) => {
    const epoch = state?.epochs.get(id)
    const secrets = epoch === undefined ? undefined : seeds.get(epoch)
    return secrets === undefined ? [] : [secrets.rendezvous]
  })
  return [...epochs.slice(0, RECENT), fixed]
}
