/**
 * From pushed batches to the folded lab: decodes, folds, acknowledges, and tells once per frame that something is new.
 * Plain data throughout: views read `lab` and depend on the tick, never on reactive events.
 */
import { createLab, fold } from '../../shared/projections'
import type { LabState } from '../../shared/projections/model'
import type { Push } from '../../shared/contract/contract'
import type { TraceEvent } from '../../shared/trace/events'
import { decodeEvents } from '../../shared/trace/codec'
import { EventIndex } from './event-index'

/**
 * Events of a live session that the page holds, about 300 MB. Then it begins anew, with the structure of what is long past and
 * this many events whole: as the recorder keeps a session, within its limits.
 */
const MOST_EVENTS = 1_500_000
export const WHOLE_AGAIN = 400_000

export interface FeedHooks {
  ack(batch: number): void
  /** once per frame at most */
  tick(): void
  /** each event, after it was folded */
  event?(event: TraceEvent): void
  /** schedules the tick: with a frame, as drawing-pace.ts says, in the app */
  schedule(run: () => void): void
  /** instead of MOST_EVENTS */
  most?: number
}

export class SessionFeed {
  lab: LabState = createLab()
  private scheduled = false
  private live = false
  index = new EventIndex()
  session = ''
  /** the seq of the next event that we want: what a re-subscription asks from */
  next = 0

  constructor(private readonly hooks: FeedHooks) {}

  /** It holds as much of a live session as it may: no more is asked for until it begins anew. */
  get full(): boolean {
    return this.live && this.index.length >= (this.hooks.most ?? MOST_EVENTS)
  }

  /** Begins another session with nothing in it, or this one anew. */
  reset(session: string, live = false): void {
    this.live = live
    this.lab = createLab()
    this.index = new EventIndex()
    this.session = session
    this.next = 0
    this.changed()
  }

  take(push: Extract<Push, { push: 'trace' }>): void {
    if (push.session === this.session) {
      for (const event of decodeEvents(push.data)) this.fold(event)
      this.changed()
    }
    // what is not answered is not followed by more
    if (!this.full) this.hooks.ack(push.batch)
  }

  private fold(event: TraceEvent): void {
    // after a re-subscription the engine may begin a little earlier than asked
    if (event.seq < this.next) return
    fold(this.lab, event)
    this.index.push(event.seq, event.t)
    this.next = event.seq + 1
    this.hooks.event?.(event)
  }

  private changed(): void {
    if (this.scheduled) return
    this.scheduled = true
    this.hooks.schedule(() => {
      this.scheduled = false
      this.hooks.tick()
    })
  }
}
