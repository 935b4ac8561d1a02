/** Events as a session has them: two connections made, used and closed. Real enough for every projection to have something to fold. */
import type { TraceEvent } from '../../../src/shared/trace/events'
import { connection } from '../../unit/recorder/lib'

export function sampleEvents(): TraceEvent[] {
  return [...connection(0, 2), ...connection(1, 1)].map((event, seq) => ({ ...event, seq, t: seq * 10 }) as TraceEvent)
}
