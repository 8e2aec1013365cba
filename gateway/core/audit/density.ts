/**
 * n across rows (PROTOCOL 6.5). Rows name the parent cell at resolution 5, n is counted in the cell
 * itself: rows of one published cell and one n must hold that many owners with uptime.
 */
import { cellResolution } from '../device/cell.js'
import type { Checked } from './finding.js'
import { type AuditRow, publishedResolution } from './row.js'
import { contributionsFile } from './rows.js'

export function auditDensity(rows: readonly AuditRow[]): Checked {
  const ownersOfCell = new Map<string, Set<string>>()
  const ownersOfN = new Map<string, Set<string>>()
  for (const { cell, owner, counts } of rows) {
    if (counts.uptimeBp === 0) continue
    add(ownersOfCell, cell, owner)
    add(ownersOfN, `${cell} ${counts.n}`, owner)
  }
  const findings = rows.flatMap(({ line, device, cell, counts }) => {
    const { n, uptimeBp } = counts
    const where = `${contributionsFile} line ${line} (${device}): n is ${n}`
    if (uptimeBp > 0 && n === 0) return [`${where} for a device with uptime`]
    const here = ownersOfCell.get(cell)?.size ?? 0
    // A cell as coarse as that is published as it was registered.
    if ((cellResolution(cell) ?? 0) < publishedResolution)
      return n === here ? [] : [`${where}, the cell has ${here} owners with uptime`]
    const alike = ownersOfN.get(`${cell} ${n}`)?.size ?? 0
    return n === 0 || alike >= n ? [] : [`${where}, only ${alike} such owners are in the cell`]
  })
  return { detail: `cells that have the owners that n counts: ${ownersOfCell.size}`, findings }
}

function add(sets: Map<string, Set<string>>, key: string, value: string): void {
  sets.set(key, (sets.get(key) ?? new Set()).add(value))
}
