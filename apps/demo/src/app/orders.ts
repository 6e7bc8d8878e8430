/** What the program that started a device as its child can ask of it. */
export type AppOrder =
  | { readonly kind: 'link' }
  /** What a page could ask. */
  | { readonly kind: 'call'; readonly id: number; readonly method: string; readonly argument: unknown }

/** What the device tells that program. */
export type AppMessage =
  /** Its page can be opened. */
  | { readonly kind: 'ready' }
  /** A link to its page that can be used once. */
  | { readonly kind: 'link'; readonly link: string }
  /** Something that pages are told. */
  | { readonly kind: 'changed' }
  | { readonly kind: 'result'; readonly id: number; readonly value: unknown }
  | {
      readonly kind: 'failure'
      readonly id: number
      readonly error: { readonly name: string; readonly message: string }
    }
