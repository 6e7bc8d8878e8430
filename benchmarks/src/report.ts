/** Printing results: a table for people, JSON for machines. */
import { cpus } from 'node:os'
import type { Line, Sample } from './harness.ts'

/** The table, one line for each bar. */
export function table(lines: Line[]): string {
  const head = ['name', 'ours', 'yardstick', 'ratio', 'bar', 'met']
  const rows = lines.map((line) => [
    line.name,
    figure(line.ours, line.unit),
    `${figure(line.peer, line.unit)} (${line.peerName})`,
    line.ratio.toFixed(2),
    line.bar,
    line.met ? 'yes' : 'NO'
  ])
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)))
  return [head, ...rows]
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd()
    )
    .join('\n')
}

/** Everything, with what it was measured on. */
export function json(lines: Line[]): string {
  const machine = {
    node: process.version,
    cores: cpus().length,
    model: cpus()[0]?.model ?? 'unknown',
    platform: process.platform
  }
  return JSON.stringify({ machine, lines })
}

function figure({ n, median, spread }: Sample, unit: Line['unit']): string {
  const value = unit === '/s' ? `${Math.round(median).toLocaleString('en')}/s` : `${median.toFixed(2)} ${unit}`
  return `${value} ±${Math.round(spread * 100)} % n=${n}`
}
