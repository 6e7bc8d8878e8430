import type { MayChange } from './interface.ts'

/** The default of `mayChange`: who wrote a block changes it. On chains of identities, from any of their devices. */
export const sameAuthor: MayChange = (change, original) => change.author === original.author
