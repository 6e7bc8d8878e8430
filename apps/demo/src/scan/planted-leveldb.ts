import { randomUUID } from 'node:crypto'
import { ClassicLevel } from 'classic-level'

/**
 * Make a LevelDB, with the settings that devices use, that holds one text in its log and another in a compressed table, where
 * the bytes of the file don't show it in one piece.
 */
export async function plantLevelDb(folder: string): Promise<{ readonly inLog: string; readonly inTable: string }> {
  const inLog = `planted in the log ${randomUUID()}`
  const inTable = `planted in a table ${randomUUID()}`
  const database = new ClassicLevel<string, string>(folder)
  // What came shortly before is compressed to a reference to it, so the text that is put together of it disappears.
  for (let start = 0; start < inTable.length; start += 5) {
    await database.put(`a${String(start).padStart(3, '0')}`, inTable.slice(start, start + 9).repeat(3))
  }
  await database.put('b', inTable)
  await database.compactRange('a', 'z')
  await database.put('c', inLog)
  await database.close()
  return { inLog, inTable }
}
