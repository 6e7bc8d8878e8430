import type { ContentFiles, FileLayout } from './content-files.ts'

/** The twin of `folder.ts` where there are no folders: large envelopes become rows of the database. */
export function openFolder(_location: string, _chain: string, _layout: FileLayout): ContentFiles | undefined {
  return undefined
}
