/** Large envelopes as flat files (Node): LevelDB would copy every byte several times. The twin for browsers is `folder.browser.ts`. */
import { type FileHandle, mkdir, open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { ContentFile, ContentFiles, FileLayout } from './content-files.ts'

const FOLDER = 'walytis-offchain'

/**
 * The files of one chain, in a folder of their own inside that of the database, whose own files have other names.
 *
 * @param location the database's folder
 */
export function openFolder(location: string, chain: string, layout: FileLayout): ContentFiles | undefined {
  return new Folder(join(location, FOLDER, chain), layout)
}

class Folder implements ContentFiles {
  readonly #path: string
  readonly #layout: FileLayout

  constructor(path: string, layout: FileLayout) {
    this.#path = path
    this.#layout = layout
  }

  async open(number: number): Promise<ContentFile> {
    const path = this.#file(number)
    const existing = await orMissing(open(path, 'r+'))
    if (existing !== undefined) return new FlatFile(existing, this.#layout)
    await mkdir(this.#path, { recursive: true })
    const made = await open(path, 'w+')
    await syncFolder(this.#path)
    return new FlatFile(made, this.#layout)
  }

  async remove(number: number): Promise<void> {
    const path = this.#file(number)
    const file = await orMissing(open(path, 'r+'))
    if (file === undefined) return
    try {
      const { hashSlot, headerSize } = this.#layout
      await file.write(new Uint8Array(headerSize), 0, headerSize, hashSlot)
      await file.datasync()
    } finally {
      await file.close()
    }
    await rm(path, { force: true })
  }

  async list(): Promise<number[]> {
    const names = (await orMissing(readdir(this.#path))) ?? []
    return names.filter((name) => /^[0-9a-f]{14}$/.test(name)).map((name) => Number.parseInt(name, 16))
  }

  #file(number: number): string {
    return join(this.#path, number.toString(16).padStart(14, '0'))
  }
}

class FlatFile implements ContentFile {
  readonly #file: FileHandle
  readonly #layout: FileLayout

  constructor(file: FileHandle, layout: FileLayout) {
    this.#file = file
    this.#layout = layout
  }

  async writePart(index: number, bytes: Uint8Array): Promise<void> {
    await this.#write(this.#partOffset(index), bytes)
  }

  async readPart(index: number, length: number, target?: Uint8Array): Promise<Uint8Array | undefined> {
    return await this.#read(this.#partOffset(index), target?.subarray(0, length) ?? new Uint8Array(length))
  }

  async writeHashes(window: number, hashes: Uint8Array): Promise<void> {
    await this.#write(this.#windowOffset(window), hashes)
  }

  async readHashes(window: number, length: number): Promise<Uint8Array | undefined> {
    return await this.#read(this.#windowOffset(window), new Uint8Array(length))
  }

  async sync(): Promise<void> {
    await this.#file.datasync()
  }

  async close(): Promise<void> {
    await this.#file.close()
  }

  #windowOffset(window: number): number {
    const { windowParts, partSlot, hashSlot } = this.#layout
    return window * (hashSlot + windowParts * partSlot)
  }

  #partOffset(index: number): number {
    const { windowParts, partSlot, hashSlot } = this.#layout
    const window = Math.floor(index / windowParts)
    return this.#windowOffset(window) + hashSlot + (index % windowParts) * partSlot
  }

  async #write(offset: number, bytes: Uint8Array): Promise<void> {
    for (let start = 0; start < bytes.length; ) {
      const { bytesWritten } = await this.#file.write(bytes, start, bytes.length - start, offset + start)
      start += bytesWritten
    }
  }

  async #read(offset: number, bytes: Uint8Array): Promise<Uint8Array | undefined> {
    for (let start = 0; start < bytes.length; ) {
      const { bytesRead } = await this.#file.read(bytes, start, bytes.length - start, offset + start)
      if (bytesRead === 0) return undefined
      start += bytesRead
    }
    return bytes
  }
}

/** A new file's name outlives a loss of power only once its folder is synced; where folders can't be, that is left to the system. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

async function orMissing<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
