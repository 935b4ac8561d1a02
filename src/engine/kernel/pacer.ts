/** Pace: how long the dispatcher holds each call back. One for the whole lab. */
import type { Pace } from '../../shared/contract/contract'
import type { CallId } from '../../shared/trace/events'

export class Pacer {
  private pace: Pace = { mode: 'run' }
  /** calls held back, oldest first */
  private readonly held = new Map<CallId, () => void>()

  get current(): Pace {
    return this.pace
  }

  get running(): boolean {
    return this.pace.mode === 'run'
  }

  /** A new pace also rules the calls that are held back now: they go on, or begin their wait anew. */
  set(pace: Pace): void {
    this.pace = pace
    for (const release of [...this.held.values()]) release()
  }

  /** Lets one held call go: `call`, else the one held longest. False when there is none. */
  step(call?: CallId): boolean {
    const id = call ?? this.held.keys().next().value
    const release = id === undefined ? undefined : this.held.get(id)
    if (!release) return false
    this.held.delete(id!)
    release()
    return true
  }

  /** Holds a call for as long as the pace says; `onCancel` is given the way to end the wait early. */
  async hold(call: CallId, stopped: AbortSignal, onCancel: (cancel: () => void) => void): Promise<'go' | 'cancelled'> {
    for (;;) {
      const { pace } = this
      if (stopped.aborted) return 'cancelled'
      if (pace.mode === 'run') return 'go'
      const ended = await new Promise<'go' | 'changed' | 'cancelled'>((resolve) => {
        const timer = pace.mode === 'slow' ? setTimeout(() => settle('go'), pace.ms) : undefined
        const settle = (how: 'go' | 'changed' | 'cancelled') => {
          clearTimeout(timer)
          this.held.delete(call)
          resolve(how)
        }
        // step() has taken the call out of the map before it releases it; set() has not
        this.held.set(call, () => settle(this.held.has(call) ? 'changed' : 'go'))
        onCancel(() => settle('cancelled'))
      })
      if (ended !== 'changed') return ended
    }
  }
}
