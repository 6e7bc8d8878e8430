import { readFile } from 'node:fs/promises'

/** The content of a size that the vectors were made with: byte i is (7i + 1) mod 251. */
export function contentOf(size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, index) => (index * 7 + 1) % 251)
}

/** A file of frozen vectors. */
export async function vectors<T>(name: string): Promise<T> {
  return JSON.parse(await readFile(new URL(`../fixtures/v1/${name}`, import.meta.url), 'utf8')) as T
}
