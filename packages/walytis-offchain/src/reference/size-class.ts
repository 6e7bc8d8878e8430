import { CHUNK_SIZE, LARGEST_POWER_CLASS, MAX_CONTENT_SIZE, SMALLEST_SIZE_CLASS } from '../constants.ts'

/**
 * The size class of a content of `size` bytes: what the chain shows in its place.
 *
 * Powers of two from 256 bytes to 64 KiB, then eighths of the next power of two (the idea of Padmé: Nikitin et al., PURBs, 2019), so
 * that a large content costs at most an eighth more.
 */
export function sizeClassOf(size: number): number {
  if (size <= SMALLEST_SIZE_CLASS) return SMALLEST_SIZE_CLASS
  // No logarithm: engines may round one differently, and blocks are refused by this number on every node alike.
  let power = SMALLEST_SIZE_CLASS
  while (power < size) power *= 2
  if (power <= LARGEST_POWER_CLASS) return power
  const step = power / 16
  return Math.ceil(size / step) * step
}

/** Whether a value that somebody sent is one that `sizeClassOf` gives. */
export function isSizeClass(value: unknown): value is number {
  return (
    typeof value === 'number' &&
    Number.isSafeInteger(value) &&
    value >= SMALLEST_SIZE_CLASS &&
    value <= MAX_CONTENT_SIZE &&
    sizeClassOf(value) === value
  )
}

/** How many chunks the padded content of a size class makes: at least one. */
export function chunkCount(sizeClass: number): number {
  return Math.ceil(sizeClass / CHUNK_SIZE)
}
