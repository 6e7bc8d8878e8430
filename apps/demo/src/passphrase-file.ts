import { readFile } from 'node:fs/promises'
import { UsageError } from './errors.ts'

/**
 * The first line of a file that somebody keeps a passphrase in.
 *
 * @throws {UsageError} when that line is empty: it would lock nothing
 */
export async function readPassphrase(file: string): Promise<string> {
  const [passphrase = ''] = (await readFile(file, 'utf8')).split(/\r?\n/, 1)
  if (passphrase === '') throw new UsageError('The passphrase file begins with an empty line.')
  return passphrase
}
