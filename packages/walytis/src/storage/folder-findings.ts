/** What was found in a folder before it is opened as a database. */
export interface FolderFindings {
  /** `held`: there is a database, and none may be made. `new`: there is none, or the platform keeps none in folders. */
  readonly state: 'new' | 'held'
  /** The first file that is missing or damaged, and how. */
  readonly damage?: { readonly file: string; readonly how: string } | undefined
}
