import type { FolderFindings } from './folder-findings.ts'

/** The twin of `folder.ts` in browsers, whose databases are no folders: nothing to look at. */
export async function inspectFolder(_location: string): Promise<FolderFindings> {
  return { state: 'new' }
}
