/** Packing the five packages as they would be published, and installing the tarballs somewhere else. */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CheckFailure } from './checks.ts'
import { run, tool } from './run.ts'
import { publishedPackages, readText, root } from './workspace.ts'

/** Packs one package; returns the tarball's path. */
export async function pack(folder: string, destination: string): Promise<string> {
  const { code, output } = await run(tool('pnpm'), ['pack', '--pack-destination', destination, '--json'], {
    cwd: join(root, folder)
  })
  if (code !== 0) throw new CheckFailure(output)
  const { filename } = JSON.parse(output.slice(output.indexOf('{'))) as { filename: string }
  return join(destination, filename.slice(filename.lastIndexOf('/') + 1))
}

/** The paths in a tarball, without the leading `package/`. */
export async function contentsOf(tarball: string): Promise<string[]> {
  const { code, output } = await run('tar', ['tzf', tarball])
  if (code !== 0) throw new CheckFailure(output)
  return output
    .split('\n')
    .filter(Boolean)
    .map((path) => path.replace(/^package\//, ''))
}

/** One file of a tarball. */
export async function readPacked(tarball: string, path: string): Promise<string> {
  return (await run('tar', ['xzfO', tarball, `package/${path}`])).output
}

/**
 * Makes a project outside the workspace that depends on the tarballs alone, and installs it. Overrides make sure that
 * the packages find each other and not namesakes in the registry.
 */
export async function installConsumer(folder: string, tarballs: Map<string, string>): Promise<void> {
  const packed = Object.fromEntries([...tarballs].map(([name, path]) => [name, `file:${path}`]))
  const catalog = readText('pnpm-workspace.yaml')
  const version = (name: string) => new RegExp(`^ {2}"?${name}"?: (.*)$`, 'm').exec(catalog)?.[1] ?? '*'
  const manifest = {
    name: 'consumer',
    private: true,
    type: 'module',
    dependencies: packed,
    devDependencies: Object.fromEntries(
      ['@types/node', 'fast-check', 'typescript', 'vitest'].map((name) => [name, version(name)])
    )
  }
  cpSync(join(root, 'scripts', 'consumer'), folder, { recursive: true })
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest, null, 2))
  const overrides = Object.entries(packed).map(([name, path]) => `  ${name}: ${JSON.stringify(path)}`)
  const builds = ['allowBuilds:', '  classic-level: true', '  node-datachannel: true']
  writeFileSync(
    join(folder, 'pnpm-workspace.yaml'),
    ['pmOnFail: ignore', 'overrides:', ...overrides, ...builds, ''].join('\n')
  )
  const { code, output } = await run(tool('pnpm'), ['install', '--no-frozen-lockfile', '--prefer-offline'], {
    cwd: folder,
    env: { ...process.env, CI: 'true' }
  })
  if (code !== 0) throw new CheckFailure(output)
}

/** The folder names of what a tarball must not hold, and the files that it must. */
export const mustHold = [
  'package.json',
  'README.md',
  'LICENSE-APACHE',
  'LICENSE-MIT',
  'docs/protocol.md',
  'dist/index.js',
  'dist/index.d.ts'
]
export const mayHold =
  /^(package\.json|README\.md|CHANGELOG\.md|LICENSE-(APACHE|MIT)|docs\/.*\.md|dist\/.*\.(js|d\.ts|js\.map))$/

/** All five names. */
export function packageNames(): string[] {
  return publishedPackages().map(({ manifest }) => manifest.name)
}
