/** Which stretch of the client's lifeline belongs to which request: its attempts, up to its answer, are one. */
import type { LadderRow } from './ladder-layout'

export interface Join {
  /** the request, as the program numbers it */
  id: number
  /** em */
  from: number
  to: number
  /** attempts seen */
  attempts: number
  answered: boolean
}

export function joinsOf(rows: readonly LadderRow[]): Join[] {
  const joins: Join[] = []
  let now: Join | undefined
  for (const row of rows) {
    for (const { what, id } of row.arrow?.segment.datagram?.marks ?? []) {
      if (id === undefined) continue
      if (what === 'attempt') {
        if (now?.id === id && !now.answered) {
          now.to = row.base
          now.attempts++
        } else joins.push((now = { id, from: row.base, to: row.base, attempts: 1, answered: false }))
      } else if (what === 'answer' && now?.id === id) {
        now.to = row.base
        now.answered = true
      }
    }
  }
  return joins
}
