/** Every export of every published entry point has a doc comment; typedoc finds those without. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { Application, DeclarationReflection, LogLevel, type Reflection, ReflectionKind } from 'typedoc'
import { CheckFailure, Checks } from '../lib/checks.ts'
import { entrySource } from '../lib/entries.ts'
import { publishedPackages, root } from '../lib/workspace.ts'

const checks = new Checks('documentation')

await checks.check('an export without a comment is found', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'documentation-'))
  writeFileSync(join(folder, 'index.ts'), '/** Said. */\nexport const said = 1\nexport const unsaid = 2\n')
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: { types: [], noEmit: true }, include: ['*.ts'] })
  )
  const found = await undocumented([join(folder, 'index.ts')], join(folder, 'tsconfig.json')).finally(() =>
    rmSync(folder, { recursive: true })
  )
  if (found.length !== 1 || !found[0]?.includes('unsaid')) throw new CheckFailure(`found instead: ${found.join('\n')}`)
})
for (const { folder, manifest } of publishedPackages()) {
  await checks.check(`${manifest.name}: all exports are documented`, async () => {
    const entries = Object.keys(manifest.exports ?? {}).map((key) => join(root, folder, entrySource(key)))
    const found = await undocumented(entries, join(root, folder, 'tsconfig.json'))
    if (found.length > 0) throw new CheckFailure(found.join('\n'))
  })
}
checks.finish()

/** Exports without a comment, by name, and what typedoc warns of, such as links that lead nowhere. */
async function undocumented(entryPoints: string[], tsconfig: string): Promise<string[]> {
  const application = await Application.bootstrap({
    entryPoints,
    tsconfig,
    name: 'documentation',
    readme: 'none',
    // Where sources are published is not asked here: a checkout may have no remote.
    disableSources: true,
    // The compiler's own errors are the type check's business.
    skipErrorChecking: true,
    logLevel: LogLevel.Warn,
    excludePrivate: true,
    excludeInternal: true,
    excludeExternals: true,
    validation: { notDocumented: false, notExported: false, invalidLink: true, rewrittenLink: false }
  })
  const messages: string[] = []
  application.logger.log = (message, level) => {
    if (level >= LogLevel.Warn) messages.push(stripVTControlCharacters(message))
  }
  const project = await application.convert()
  if (project === undefined) return [...messages, 'typedoc could not read the sources']
  application.validate(project)
  const kinds =
    ReflectionKind.ClassOrInterface | ReflectionKind.Enum | ReflectionKind.TypeAlias | ReflectionKind.FunctionOrMethod
  const exported = project.getReflectionsByKind(kinds | ReflectionKind.Variable).filter(({ parent }) => {
    return parent?.kindOf([ReflectionKind.Project, ReflectionKind.Module, ReflectionKind.Namespace])
  })
  return [
    ...messages,
    ...exported.filter((reflection) => !hasComment(reflection)).map((reflection) => reflection.getFullName())
  ]
}

/** A function's comment is on its signatures. */
function hasComment(reflection: Reflection): boolean {
  if (reflection.hasComment()) return true
  return (
    reflection instanceof DeclarationReflection &&
    (reflection.signatures ?? []).some((signature) => signature.hasComment())
  )
}
