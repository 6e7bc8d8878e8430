import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Level } from 'level'

/** A secret, and the forms in which it is looked for. */
export interface Needle {
  readonly name: string
  readonly forms: readonly Buffer[]
}

/** Bytes as they are, as hexadecimal text, and as base64 at each alignment. */
export function needle(name: string, bytes: Uint8Array): Needle {
  const raw = Buffer.from(bytes)
  const hex = raw.toString('hex')
  const encoded = [0, 1, 2].map((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), raw]).toString('base64')
    return Buffer.from(text.slice(Math.ceil((shift * 8) / 6), Math.floor(((shift + raw.length) * 8) / 6)))
  })
  return { name, forms: [raw, Buffer.from(hex), Buffer.from(hex.toUpperCase()), ...encoded] }
}

/** Names of the needles that these bytes hold. */
export function found(bytes: Uint8Array, needles: readonly Needle[]): string[] {
  const haystack = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return needles.filter(({ forms }) => forms.some((form) => haystack.includes(form))).map(({ name }) => name)
}

/**
 * Names of the needles in a folder with a closed database: in every byte of every file, and in every row as the database gives it, for its tables
 * are compressed and its log is cut into blocks.
 */
export async function foundInFolder(folder: string, needles: readonly Needle[]): Promise<string[]> {
  const names = new Set<string>()
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  for (const entry of entries) {
    if (!entry.isFile()) continue
    const bytes = await readFile(join(entry.parentPath, entry.name))
    for (const name of [...found(bytes, needles), ...found(Buffer.from(entry.name), needles)]) names.add(name)
  }
  const store = new Level<Uint8Array, Uint8Array>(folder, { keyEncoding: 'view', valueEncoding: 'view' })
  await store.open()
  try {
    for await (const [key, value] of store.iterator()) {
      for (const name of found(Buffer.concat([key, Buffer.of(0), value]), needles)) names.add(name)
    }
  } finally {
    await store.close()
  }
  return [...names]
}
