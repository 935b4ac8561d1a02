/** What a program wrote, as lines: pieces of text joined where a line was printed in several, typed lines in their place. */
import type { CallModel, CallsState, RunModel } from '../../../../shared/projections/model'

export interface ConsolePart {
  /** when it became known */
  seq: number
  text: string
  kind: 'out' | 'err' | 'typed' | 'eof'
}
export interface ConsoleLine {
  /** rises by one with each line, from 0, also past those that were dropped */
  n: number
  seq: number
  parts: ConsolePart[]
  ended: boolean
}

/** Lines kept: what came before is counted, and is in the trace. */
export const MAX_LINES = 20_000
/** Characters of one line that are shown. */
export const MAX_LINE = 10_000
const SLACK = 2_000

/** The lines of one run. `update` takes what is new since; its cost is that of the new. */
export class ConsoleLog {
  readonly lines: ConsoleLine[] = []
  /** lines that were dropped from the beginning */
  dropped = 0
  private outputs = 0
  /** calls of each thread that were looked at */
  private readonly seen = new Map<number, number>()
  private open: CallModel[] = []

  constructor(readonly run: RunModel) {}

  /** Answers whether there was anything new. */
  update(calls: CallsState): boolean {
    const fresh: ConsolePart[] = []
    const { output, threads } = this.run
    for (; this.outputs < output.length; this.outputs++) {
      const { seq, text, err } = output[this.outputs]!
      fresh.push({ seq, text, kind: err ? 'err' : 'out' })
    }
    for (const id of threads) {
      const list = calls.threads.get(id)?.calls ?? []
      for (let i = this.seen.get(id) ?? 0; i < list.length; i++) {
        const call = calls.list[list[i]!]!
        if (call.name === 'input') this.open.push(call)
      }
      this.seen.set(id, list.length)
    }
    this.open = this.open.filter((call) => {
      if (!call.end) return true
      if (call.end.errno === undefined) {
        const { seq, value } = call.end
        fresh.push(typeof value === 'string' ? { seq, text: `${value.replace(/\n$/, '')}\n`, kind: 'typed' } : { seq, text: '\n', kind: 'eof' })
      }
      return false
    })
    fresh.sort((a, b) => a.seq - b.seq)
    for (const part of fresh) this.add(part)
    if (this.lines.length > MAX_LINES + SLACK) this.dropped += this.lines.splice(0, this.lines.length - MAX_LINES).length
    return fresh.length > 0
  }

  private add({ seq, text, kind }: ConsolePart): void {
    const pieces = text.split('\n')
    pieces.forEach((piece, i) => {
      const ends = i < pieces.length - 1
      if (piece === '' && !ends) return
      let line = this.lines.at(-1)
      if (!line || line.ended) {
        line = { n: this.dropped + this.lines.length, seq, parts: [], ended: false }
        this.lines.push(line)
      }
      if (piece !== '' || kind === 'eof') line.parts.push({ seq, text: piece, kind })
      line.ended = ends
    })
  }

  /** How many lines had begun at the cursor. */
  count(cursor: number): number {
    let low = 0
    let high = this.lines.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.lines[middle]!.seq <= cursor) low = middle + 1
      else high = middle
    }
    return low
  }

  /** All of it as text, as far as the cursor. */
  text(cursor: number): string {
    return this.lines.slice(0, this.count(cursor)).map((line) =>
      line.parts.filter((part) => part.seq <= cursor && part.kind !== 'eof').map((part) => part.text).join('') + (line.ended ? '\n' : '')).join('')
  }
}
