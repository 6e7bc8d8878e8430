import type { AbortOptions } from '@libp2p/interface'
import { createSigner } from 'walytis'
import type { BaseBlockchain, BatchOperation, ChainRecord, RawBlock, Signer, Walytis } from 'walytis/interface'
import { EVENT_TOPIC } from '../constants.ts'
import type { Device } from '../device.ts'
import { chainOf, didOf } from '../did.ts'
import { isRefused } from '../encoding/canonical.ts'
import { ClosedError, DecryptionError, InvalidArgumentError, InvalidIdentityError } from '../errors.ts'
import { type EventPosition, encodeEvents, type RawEvent } from '../events/format.ts'
import { UpdateRequiredError } from '../group-errors.ts'
import type { Did } from '../interface/did.ts'
import type { RotateOptions } from '../interface/group.ts'
import type { KeyStore } from '../interface/key-store.ts'
import { eraseSecrets, type KeySetWithSecrets, type PublicKeySet, publicOf } from '../keys/key-set.ts'
import { generateKeySet, suiteOf } from '../keys/suite.ts'
import { accessTo } from './access.ts'
import { rotateEvent } from './events.ts'
import { identityPolicy } from './policy.ts'
import { fingerprintOf } from './seal.ts'
import { eraseSigning, secretRecords } from './secrets.ts'
import { type IdentityState, identityState } from './verify-evidence.ts'

/** What an identity works with. */
export interface IdentityComponents {
  readonly walytis: Walytis
  readonly keyStore: KeyStore
  readonly randomBytes: (length: number) => Uint8Array
}

/** A chain that is held names its own parameters; the policy goes by the genesis. */
const NO_PARAMETERS = new Uint8Array()

/** Open an identity's chain to be written with these keys. */
export async function openIdentityChain(
  { walytis, keyStore, randomBytes }: IdentityComponents,
  did: Did,
  keys: KeySetWithSecrets,
  options: AbortOptions = {}
): Promise<BaseBlockchain> {
  const signer = createSigner(keys.secrets.classical)
  const accessControl = await accessTo(keyStore, did, randomBytes)
  return walytis.open(chainOf(did), { ...options, signer, accessControl, policy: identityPolicy(NO_PARAMETERS) })
}

/**
 * An identity's secret keys in use, and its chain. Writes are made one at a time; a rotation opens the chain anew with the new key, so
 * `blockchain` and `signer` are other objects afterwards.
 */
export class KeyHolder implements Device {
  readonly did: Did
  readonly components: IdentityComponents
  #chain: BaseBlockchain
  #secrets: KeySetWithSecrets | undefined
  #signer: Signer
  #writing: Promise<unknown> = Promise.resolve()

  constructor(components: IdentityComponents, chain: BaseBlockchain, secrets: KeySetWithSecrets) {
    this.did = didOf(chain.id)
    this.components = components
    this.#chain = chain
    this.#secrets = secrets
    this.#signer = createSigner(secrets.secrets.classical)
  }

  get blockchain(): BaseBlockchain {
    return this.#chain
  }

  get keys(): PublicKeySet {
    return publicOf(this.#held())
  }

  get signer(): Signer {
    return this.#signer
  }

  async signEvent(bytes: Uint8Array): Promise<Uint8Array> {
    const keys = this.#held()
    return suiteOf(keys).signEvent(keys, bytes)
  }

  async sign(bytes: Uint8Array): Promise<Uint8Array> {
    const keys = this.#held()
    return suiteOf(keys).sign(keys, bytes)
  }

  async decapsulate(ciphertext: Uint8Array): Promise<Uint8Array> {
    const keys = this.#held()
    const secret = suiteOf(keys).decapsulate(keys.secrets.kem, ciphertext)
    if (secret === undefined) {
      throw new DecryptionError()
    }
    return secret
  }

  async evidence(options?: AbortOptions): Promise<RawBlock[]> {
    const blocks: RawBlock[] = []
    for await (const { block, content } of this.#chain.records({}, options)) {
      blocks.push({ block: block.bytes, content })
    }
    return blocks
  }

  /** @throws {InvalidIdentityError} when the chain is not that of an identity */
  async state(options?: AbortOptions): Promise<IdentityState> {
    const records: ChainRecord[] = []
    for await (const record of this.#chain.records({}, options)) {
      records.push(record)
    }
    const state = await identityState(this.did, records)
    if (isRefused(state)) {
      throw new InvalidIdentityError(this.did, state.rule)
    }
    return state
  }

  /** Write a block of events, made once its position is known. */
  write(build: (position: EventPosition) => RawEvent[], options: AbortOptions = {}): Promise<void> {
    return this.#exclusively(() => this.#append(build, options))
  }

  rotate({ suite: number, ...options }: RotateOptions = {}): Promise<void> {
    return this.#exclusively(async () => {
      const { keyStore, randomBytes, walytis } = this.components
      const outgoing = this.#held()
      const suite = suiteOf(number === undefined ? outgoing : { suite: number })
      if (suite.strength < suiteOf(outgoing).strength) {
        throw new InvalidArgumentError('suite', `Suite ${suite.number} is weaker than suite ${outgoing.suite}`)
      }
      const incoming = generateKeySet(randomBytes, suite)
      const records = secretRecords(this.did, incoming)
      const atomic = keyStore.store === walytis.store
      for (const { name, value } of atomic ? [] : records) {
        await keyStore.put(name, value)
      }
      const batch = atomic ? records.map(({ name, value }) => keyStore.sealed(name, value)) : []
      await this.#append((position) => [rotateEvent(incoming, position)], options, batch)
      await this.#chain.close()
      this.#chain = await openIdentityChain(this.components, this.did, incoming)
      this.#signer = createSigner(incoming.secrets.classical)
      this.#secrets = incoming
      await eraseSigning(keyStore, this.did, fingerprintOf(outgoing))
      eraseSecrets(outgoing)
    })
  }

  async close(): Promise<void> {
    await this.#exclusively(async () => {
      if (this.#secrets !== undefined) {
        eraseSecrets(this.#secrets)
        this.#secrets = undefined
        await this.#chain.close()
      }
    })
  }

  /** @param batch rows that are written with the block or not at all */
  async #append(
    build: (position: EventPosition) => RawEvent[],
    options: AbortOptions,
    batch: BatchOperation[] = []
  ): Promise<void> {
    this.#held()
    const { critical } = await this.state(options)
    if (critical.length > 0) {
      throw new UpdateRequiredError(this.did, critical)
    }
    const topics = [EVENT_TOPIC]
    await this.#chain.append(async (position) => {
      const placed = { ...position, topics }
      return { content: await encodeEvents(build(placed), placed, (bytes) => this.signEvent(bytes)), topics, batch }
    }, options)
  }

  #exclusively<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#writing.then(work)
    // the next one waits for this one, whatever became of it; whoever called sees the failure
    this.#writing = result.catch(() => undefined)
    return result
  }

  #held(): KeySetWithSecrets {
    if (this.#secrets === undefined) {
      throw new ClosedError('identity')
    }
    return this.#secrets
  }
}
