/** What the scripts know of the workspace: its root, its packages and their files. */
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository's root, an absolute path. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/** The part of a package.json that the scripts read. */
export interface Manifest {
  name: string
  version: string
  private?: boolean
  exports?: Record<string, { types?: string; import?: string } | string>
  imports?: Record<string, unknown>
  scripts?: Record<string, string>
  dependencies?: Record<string, string>
  devDependencies?: Record<string, string>
  peerDependencies?: Record<string, string>
}

/** A workspace folder: its path relative to the root, with `/`, and its package.json. */
export interface Workspace {
  folder: string
  manifest: Manifest
}

/** The five published packages, lowest layer first. */
export function publishedPackages(): Workspace[] {
  const order = ['walytis', 'walytis-identities', 'walytis-offchain', 'walytis-mutability', 'endra']
  return order.map((name) => readWorkspace(`packages/${name}`))
}

/** All workspace folders that hold code: the packages, the apps, the examples and the benchmarks. */
export function workspaces(): Workspace[] {
  const apps = readdirSync(join(root, 'apps')).map((name) => `apps/${name}`)
  const others = [...apps, 'examples', 'benchmarks'].filter((folder) => existsSync(join(root, folder, 'package.json')))
  return [...publishedPackages(), ...others.map(readWorkspace)]
}

/** The source files under a folder (relative to the root, with `/`), sorted; built and installed files left out. */
export function sourceFiles(folder: string, pattern = '**/*.ts'): string[] {
  const skip = /(^|\/)(node_modules|dist|\.turbo|\.reports)(\/|$)/
  const found = globSync(pattern, { cwd: join(root, folder), exclude: (path) => skip.test(path) })
  return found.map((path) => `${folder}/${path}`).sort()
}

/** A file's text; the path is relative to the root. */
export function readText(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

function readWorkspace(folder: string): Workspace {
  return { folder, manifest: JSON.parse(readText(`${folder}/package.json`)) as Manifest }
}
