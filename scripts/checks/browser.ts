/**
 * Each published entry point bundles for browsers without a Node built-in in it. What is bundled is what was built, found
 * by its npm name from a package that depends on it, with the conditions that a browser's bundler uses.
 */
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { CheckFailure, Checks } from '../lib/checks.ts'
import { specifier } from '../lib/entries.ts'
import { publishedPackages, root } from '../lib/workspace.ts'

/** Depends on all five packages. */
const consumer = join(root, 'examples')

const checks = new Checks('browser')
for (const module of ['node:fs', 'fs', 'node:crypto']) {
  await checks.check(`a bundle that imports ${module} fails`, async () => {
    const { errors } = await bundle(`import * as x from '${module}'; console.log(x)`)
    if (errors.length === 0) throw new CheckFailure('it was bundled')
  })
}
for (const { manifest } of publishedPackages()) {
  for (const key of Object.keys(manifest.exports ?? {})) {
    const name = specifier(manifest.name, key)
    await checks.check(`${name} bundles for browsers`, async () => {
      const { errors, size } = await bundle(`import * as x from '${name}'; console.log(x)`)
      if (errors.length > 0) throw new CheckFailure(errors.join('\n'))
      console.log(`        ${name}: ${Math.round(size / 1024)} kB, compressed`)
    })
  }
}
checks.finish()

/** Bundles a text in memory; errors are esbuild's, with the file that made each. */
async function bundle(contents: string): Promise<{ errors: string[]; size: number }> {
  try {
    const { outputFiles } = await build({
      stdin: { contents, resolveDir: consumer },
      bundle: true,
      write: false,
      minify: true,
      format: 'esm',
      target: 'es2023',
      platform: 'browser',
      logLevel: 'silent'
    })
    const code = outputFiles[0]?.text ?? ''
    // What stays an import is not in the bundle; a browser would ask the network for it.
    const left = [...code.matchAll(/(?:from|import)\s*\(?["'](node:[^"']+)["']/g)].map(
      (match) => `still imports ${match[1]}`
    )
    return { errors: left, size: gzipSync(code).length }
  } catch (error) {
    const { errors = [] } = error as { errors?: { text: string; location: { file: string; line: number } | null }[] }
    if (errors.length === 0) throw error
    return { errors: errors.map(({ text, location }) => `${text} (${location?.file}:${location?.line})`), size: 0 }
  }
}
