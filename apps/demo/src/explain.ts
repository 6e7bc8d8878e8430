import { DeviceError } from './errors.ts'
import { printable } from './printable.ts'

/** Errors that programs get from the system and libraries without a name that says anything, by their code. */
const NAMES_OF_CODES: ReadonlyMap<string, { readonly name: string; readonly sentence: string }> = new Map([
  [
    'EADDRINUSE',
    { name: 'AddressInUseError', sentence: 'Another program is listening on that address and port already.' }
  ],
  ['EACCES', { name: 'PermissionError', sentence: 'The system does not permit access to that file or port.' }],
  ['ENOENT', { name: 'FileNotFoundError', sentence: 'There is no such file or folder.' }],
  ['ENOSPC', { name: 'DiskFullError', sentence: 'The disk is full.' }]
])

/** An error as one line for people: its name and one sentence. The stack and causes only when asked for. */
export function explain(error: unknown, debug: boolean): string {
  const { name, sentence } = describeError(error)
  return debug ? `${name}: ${sentence}\n${stackOf(error)}` : `${name}: ${sentence}`
}

/** The name and sentence of an error, or of what caused it when the system said so by a code. */
export function describeError(error: unknown): { readonly name: string; readonly sentence: string } {
  if (error instanceof DeviceError) return { name: error.cause.name, sentence: firstLine(error.cause.message) }
  if (!(error instanceof Error)) return { name: 'UnknownError', sentence: firstLine(String(error)) }
  // A class of ours has its own words; what only wraps a system's error doesn't.
  const known = GENERIC.has(error.name) ? codeAmong(error) : undefined
  if (known !== undefined) return known
  return { name: error.name === 'Error' ? 'UnexpectedError' : error.name, sentence: firstLine(error.message) }
}

/** Names that tell nothing: of the language, and of libp2p where it gives up over any cause. */
const GENERIC: ReadonlySet<string> = new Set([
  'Error',
  'AggregateError',
  'SystemError',
  'UnsupportedListenAddressesError'
])

function codeAmong(error: Error): { readonly name: string; readonly sentence: string } | undefined {
  const { code, path } = error as { code?: unknown; path?: unknown }
  const known = NAMES_OF_CODES.get(String(code))
  // of a file that is missing, or that may not be read, people want to know which
  if (known !== undefined && typeof path === 'string') return { ...known, sentence: `${known.sentence} (${path})` }
  if (known !== undefined) return known
  const causes = error instanceof AggregateError ? error.errors : [error.cause]
  for (const cause of causes) {
    const found = cause instanceof Error ? codeAmong(cause) : undefined
    if (found !== undefined) return found
  }
  return undefined
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return ''
  const own = error.stack ?? error.message
  const causes = error instanceof AggregateError ? error.errors : [error.cause]
  return [own, ...causes.filter((cause) => cause !== undefined).map((cause) => `caused by: ${stackOf(cause)}`)].join(
    '\n'
  )
}

function firstLine(text: string): string {
  return printable((text.split('\n')[0] ?? '').trim())
}
