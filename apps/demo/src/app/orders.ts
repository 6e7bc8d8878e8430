/** What the program that started a device as its child can ask of it. */
export type AppOrder = { readonly kind: 'cut'; readonly cut: boolean } | { readonly kind: 'link' }

/** What the device tells that program. */
export interface AppMessage {
  readonly kind: 'link'
  /** A link to its page that can be used once. */
  readonly link: string
}
