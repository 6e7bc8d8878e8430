/** From a package's published entry points to the sources that they are built from. */

/** The source file, relative to its package, of an `exports` key: `.` is `src/index.ts`, `./testing` is `src/testing/index.ts`. */
export function entrySource(key: string): string {
  return key === '.' ? 'src/index.ts' : `src/${key.slice(2)}/index.ts`
}

/** What a user writes to import an `exports` key of a package: `walytis/testing`. */
export function specifier(name: string, key: string): string {
  return key === '.' ? name : `${name}/${key.slice(2)}`
}
