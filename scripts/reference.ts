/**
 * Writes the API reference of each published package as HTML, from its doc comments, into `reference/` (which git ignores).
 * `pnpm run docs`
 */
import { join } from 'node:path'
import { Application, LogLevel } from 'typedoc'
import { entrySource } from './lib/entries.ts'
import { publishedPackages, root } from './lib/workspace.ts'

for (const { folder, manifest } of publishedPackages()) {
  const out = join(root, 'reference', manifest.name)
  const application = await Application.bootstrap({
    entryPoints: Object.keys(manifest.exports ?? {}).map((key) => join(root, folder, entrySource(key))),
    tsconfig: join(root, folder, 'tsconfig.json'),
    name: manifest.name,
    readme: join(root, folder, 'README.md'),
    logLevel: LogLevel.Error,
    skipErrorChecking: true,
    excludePrivate: true,
    excludeInternal: true,
    excludeExternals: true,
    disableSources: true
  })
  const project = await application.convert()
  if (project === undefined) throw new Error(`typedoc could not read the sources of ${manifest.name}`)
  await application.generateDocs(project, out)
  console.log(`${manifest.name}: reference/${manifest.name}/index.html`)
}
