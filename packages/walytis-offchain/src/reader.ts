import type { PublicKey } from '@libp2p/interface'
import type { BlockId } from 'walytis/interface'
import type { Epoch, Epochs } from 'walytis-identities'
import { domains } from './domains.ts'
import { type ContentRule, openContent } from './envelope/open.ts'
import type { OpenEpoch } from './envelope/seal.ts'
import { type Binding, bindingOf } from './reference/binding.ts'
import { type Details, type DetailsRule, openDetails } from './reference/details.ts'
import { decodeReference, type Reference, type ReferenceRule } from './reference/format.ts'

/** Epochs kept at hand: more than a device meets while it reads back through years of a chat. */
const EPOCH_CACHE = 128

/** What of a block says where its content belongs. */
export interface ReferencedBlock {
  readonly id: BlockId
  readonly creator: PublicKey
  /** The block's content on the chain: an encoded reference. */
  readonly reference: Uint8Array
}

/** A reference that was read with its epoch's secret. */
export interface ReadReference {
  readonly reference: Reference
  readonly details: Details
  readonly binding: Binding
  readonly epoch: Epoch
}

export type ReadResult =
  | { readonly state: 'read'; readonly read: ReadReference }
  /** The seed of its epoch has not come. */
  | { readonly state: 'locked'; readonly reference: Reference }
  | { readonly state: 'refused'; readonly rule: ReferenceRule | DetailsRule }

/** Opens references and envelopes of one chain, and keeps the secrets of recent epochs at hand. */
export class Reader {
  readonly #chain: BlockId
  readonly #epochs: Pick<Epochs, 'held'>
  readonly #open = new Map<string, OpenEpoch>()

  constructor(chain: BlockId, epochs: Pick<Epochs, 'held'>) {
    this.#chain = chain
    this.#epochs = epochs
  }

  /** Never throws for what the block's bytes are. */
  read(block: ReferencedBlock): ReadResult {
    const decoded = decodeReference(block.reference)
    if (!decoded.ok) return { state: 'refused', rule: decoded.rule }
    const { reference } = decoded
    const open = this.#epoch(reference.epoch)
    if (open === undefined) return { state: 'locked', reference }
    const binding = bindingOf(this.#chain, block.creator)
    const details = openDetails(reference, binding, open.detailsKey)
    if (!details.ok) return { state: 'refused', rule: details.rule }
    return { state: 'read', read: { reference, details: details.details, binding, epoch: open.epoch } }
  }

  /** Whether references under an epoch can be read. */
  holds(epoch: BlockId): boolean {
    return this.#epoch(epoch) !== undefined
  }

  /** The key that seals the details of all references under an epoch. 32 bytes. */
  detailsKey(epoch: Epoch): Uint8Array {
    return this.#remember(epoch).detailsKey
  }

  /** Forget the secrets. */
  clear(): void {
    this.#open.clear()
  }

  #epoch(id: BlockId): OpenEpoch | undefined {
    const known = this.#open.get(id.toString())
    if (known !== undefined) return known
    const epoch = this.#epochs.held(id)
    return epoch === undefined ? undefined : this.#remember(epoch)
  }

  #remember(epoch: Epoch): OpenEpoch {
    const key = epoch.id.toString()
    const known = this.#open.get(key)
    if (known !== undefined) return known
    const open = { epoch, detailsKey: epoch.secret(domains.detailsSecret) }
    if (this.#open.size >= EPOCH_CACHE) this.#open.delete(this.#open.keys().next().value ?? key)
    this.#open.set(key, open)
    return open
  }
}

/** Open the envelope of a reference that was read: the content, or the rule that its author broke. */
export function openEnvelope(
  envelope: Uint8Array,
  read: ReadReference
): { readonly ok: true; readonly content: Uint8Array } | { readonly ok: false; readonly rule: ContentRule } {
  return openContent(envelope, read.reference, read.details, read.binding, read.epoch)
}
