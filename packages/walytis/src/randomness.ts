/** Randomness of the platform's own generator. */

/** From 0 (inclusive) to 1 (exclusive): for pauses. */
export const random = (): number => (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) / 2 ** 32

/** For nonces, keys and secrets. */
export const randomBytes = (length: number): Uint8Array => crypto.getRandomValues(new Uint8Array(length))
