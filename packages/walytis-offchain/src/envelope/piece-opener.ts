import type { Epoch } from 'walytis-identities'
import { CHUNK_SIZE } from '../constants.ts'
import type { Binding } from '../reference/binding.ts'
import type { Details } from '../reference/details.ts'
import type { Reference } from '../reference/format.ts'
import { openChunk } from './chunk.ts'
import { openHeader } from './header.ts'
import type { ContentRule } from './open.ts'
import { type EnvelopeShape, PART_PIECES, shapeOf } from './shape.ts'

/** All that opening an envelope takes. */
export interface EnvelopeKeys {
  readonly reference: Reference
  readonly details: Details
  readonly binding: Binding
  readonly epoch: Epoch
}

/** The content of a piece, without padding; or the rule that its author broke. */
export type OpenedPiece =
  | { readonly ok: true; readonly content: Uint8Array }
  | { readonly ok: false; readonly rule: ContentRule }

/** Opens the pieces of a large envelope, in any order once the header is open. Holds the content key. */
export class PieceOpener {
  readonly shape: EnvelopeShape
  readonly #keys: EnvelopeKeys
  #contentKey: Uint8Array | undefined

  constructor(keys: EnvelopeKeys) {
    this.#keys = keys
    this.shape = shapeOf(keys.reference.sizeClass)
  }

  /** Whether the header was opened. */
  get ready(): boolean {
    return this.#contentKey !== undefined
  }

  /** Gives the broken rule, or undefined. */
  openHeader(header: Uint8Array): ContentRule | undefined {
    const { reference, binding, epoch } = this.#keys
    const key = openHeader(header, reference.commitment, binding, epoch)
    if (!key.ok) return key.rule
    this.#contentKey = key.contentKey
    return undefined
  }

  /** Open all pieces of a part, the header too when it is among them. Gives the broken rule, or undefined. */
  check(part: number, pieces: readonly Uint8Array[]): ContentRule | undefined {
    for (const [index, piece] of pieces.entries()) {
      if (part === 0 && index === 0) {
        const rule = this.openHeader(piece)
        if (rule !== undefined) return rule
      } else {
        const opened = this.openChunk(part * PART_PIECES + index - 1, piece)
        if (!opened.ok) return opened.rule
      }
    }
    return undefined
  }

  openChunk(index: number, sealed: Uint8Array): OpenedPiece {
    const { binding, details } = this.#keys
    if (this.#contentKey === undefined) return { ok: false, rule: 'header-malformed' }
    const plain = openChunk(this.#contentKey, binding, { index, last: index === this.shape.chunks - 1 }, sealed)
    if (plain === undefined) return { ok: false, rule: 'chunk-not-authentic' }
    const length = Math.max(0, Math.min(plain.length, details.size - index * CHUNK_SIZE))
    if (length < plain.length && plain.subarray(length).some((byte) => byte !== 0))
      return { ok: false, rule: 'padding' }
    return { ok: true, content: plain.subarray(0, length) }
  }
}
