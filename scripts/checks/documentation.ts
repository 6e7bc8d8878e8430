/** Every export of every published entry point, and every method of it, has a doc comment; typedoc finds those without. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { Application, DeclarationReflection, LogLevel, type Reflection, ReflectionKind } from 'typedoc'
import { CheckFailure, Checks } from '../lib/checks.ts'
import { entrySource } from '../lib/entries.ts'
import { publishedPackages, root } from '../lib/workspace.ts'

const checks = new Checks('documentation')

/** What is found in `probe`: a constant, a method of an interface, and one of a class, each the only one without a comment. */
const probe = `
/** Said. */
export const said = 1
export const unsaid = 2
/** Said. */
export interface Face {
  readonly size: number
  /** Said. */
  told(): void
  untold(): void
}
/** Said. */
export class Kind implements Face {
  readonly size = 1
  /** Said. */
  told(): void {}
  untold(): void {}
  unheard(): void {}
  private hidden(): void {}
}
`

await checks.check('an export, and a method, without a comment is found', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'documentation-'))
  writeFileSync(join(folder, 'index.ts'), probe)
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: { types: [], noEmit: true }, include: ['*.ts'] })
  )
  const found = await undocumented([join(folder, 'index.ts')], join(folder, 'tsconfig.json')).finally(() =>
    rmSync(folder, { recursive: true })
  )
  if (found.sort().join() !== 'Face.untold,Kind.unheard,Kind.untold,unsaid'.split(',').sort().join())
    throw new CheckFailure(`found instead: ${found.join('\n')}`)
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
  // properties that a name and a type say all about need no words; what something does always does
  const methods = project.getReflectionsByKind(ReflectionKind.Method).filter(isOwnMethod)
  return [
    ...messages,
    ...[...exported, ...methods]
      .filter((reflection) => !hasComment(reflection))
      .map((reflection) => reflection.getFullName())
  ]
}

/** A method of an export, and not one that it has from a package of others, or from a type that has it documented. */
function isOwnMethod(reflection: Reflection): boolean {
  const isInherited = reflection instanceof DeclarationReflection && reflection.inheritedFrom !== undefined
  return !isInherited && reflection.parent?.kindOf(ReflectionKind.ClassOrInterface) === true
}

/** A function's comment is on its signatures. */
function hasComment(reflection: Reflection): boolean {
  if (reflection.hasComment()) return true
  return (
    reflection instanceof DeclarationReflection &&
    (reflection.signatures ?? []).some((signature) => signature.hasComment())
  )
}
