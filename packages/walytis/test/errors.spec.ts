import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import * as errors from '../src/errors.ts'
import * as published from '../src/index.ts'

describe('errors', async () => {
  const source = await readFile(new URL('../src/errors.ts', import.meta.url), 'utf8')

  it.each(Object.keys(errors))('%s has its name, is published, and is documented', (name) => {
    expect(source).toContain(`export class ${name} extends Error {\n  override readonly name = '${name}'`)
    expect(source).toMatch(new RegExp(`\\*/\\nexport class ${name} `))
    expect(Object.keys(published)).toContain(name)
  })
})
