/** Content inside the message itself. Other kinds (`referenced`, `attached`, unknown ones) are kept and passed on. */
export interface EmbeddedPart {
  readonly kind: 'embedded'
  readonly id: string
  /** Such as `text/plain` or `text/markdown`. */
  readonly mediaType: string
  readonly rendering?: Record<string, unknown> | undefined
  readonly payload: Uint8Array
}

/** A part of any other kind. */
export interface OtherPart {
  readonly kind: string
  readonly [field: string]: unknown
}

/** One part of a message. */
export type ContentPart = EmbeddedPart | OtherPart
