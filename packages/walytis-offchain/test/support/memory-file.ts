import type { ContentFile } from '../../src/platform/content-files.ts'

/** A large envelope in memory, for tests of what is written to it. */
export class MemoryFile implements ContentFile {
  readonly parts = new Map<number, Uint8Array>()
  readonly hashes = new Map<number, Uint8Array>()

  async writePart(index: number, bytes: Uint8Array): Promise<void> {
    this.parts.set(index, bytes.slice())
  }

  async readPart(index: number): Promise<Uint8Array | undefined> {
    return this.parts.get(index)
  }

  async writeHashes(window: number, hashes: Uint8Array): Promise<void> {
    this.hashes.set(window, hashes.slice())
  }

  async readHashes(window: number): Promise<Uint8Array | undefined> {
    return this.hashes.get(window)
  }

  async sync(): Promise<void> {}
  async close(): Promise<void> {}
}
