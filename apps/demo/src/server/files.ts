import { readdir, readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'

/** A file of the page, ready to be sent. */
export interface PageFile {
  readonly bytes: Buffer
  readonly type: string
  /** Files whose names change with their content never have to be asked for again. */
  readonly immutable: boolean
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png'
}

/**
 * All files that the server will ever serve, by path, `/` for the page itself. They are read once: no path from a request reaches the disk.
 *
 * @param page the name of the page in the folder, without its ending
 */
export async function loadFiles(folder: string, page: string): Promise<ReadonlyMap<string, PageFile>> {
  const files = new Map<string, PageFile>()
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    const name = path.slice(folder.length).replaceAll('\\', '/')
    const type = TYPES[extname(name)]
    if (type === undefined) continue
    files.set(name, { bytes: await readFile(path), type, immutable: name.startsWith('/assets/') })
  }
  const index = files.get(`/${page}.html`)
  if (index !== undefined) files.set('/', index)
  return files
}
