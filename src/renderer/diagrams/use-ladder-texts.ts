/** The words on a ladder, in the person's language. Protocol terms stay as they are on the wire. */
import { computed, type ComputedRef } from 'vue'
import { useI18n } from 'vue-i18n'
import type { CallModel, ConnectionModel, Segment, Side } from '../../shared/projections/model'
import { blockedTime, endAt, hasStory, waitsAt } from './at'
import { callHead, callLine, callResult, shortHead } from './call-text'
import { clock, duration, group } from './format'
import type { CallSlot, LadderRow } from './ladder-layout'
import type { RowTexts } from './ladder-row'
import type { Pickable } from './ladder-focus'

export interface LadderTexts extends RowTexts {
  side(side: Side): string
  aria(item: Pickable, row: LadderRow): string
  flags(segment: Segment): string
  /** sequence numbers as Wireshark shows them, counted from the first of each direction; captured segments only */
  relative(segment: Segment): { seq?: number; ack?: number }
}

/** First sequence number seen of each side: where the projection has not counted from it. */
function baseOf(connection: ConnectionModel, side: Side): number | undefined {
  return connection.segments.find((s) => s.from === side && s.seqno !== undefined)?.seqno
}

/** `room`: em across the wire. `absolute`: sequence numbers as on the wire, else counted from the first of each direction. */
export function useLadderTexts(props: { connection: ConnectionModel; cursor: number }, room: () => number, absolute: () => boolean): ComputedRef<LadderTexts> {
  const { t } = useI18n()
  return computed(() => {
    const { connection, cursor } = props
    const width = room()
    const asOnWire = absolute()
    const bases: Partial<Record<Side, number>> = {}
    /** What a datagram is to the programs: a request, an attempt at one, its answer; and what was done to it on the way. */
    const datagram = ({ datagram: facts }: Segment): string => {
      const words = (facts?.marks ?? []).flatMap(({ what, id, n, us }) => {
        switch (what) {
          case 'attempt': return [n === undefined || n === 1 ? t('ladder.dgram.request', { id }) : `↻ ${t('ladder.dgram.attempt', { id, n })}`]
          case 'delay': return [t('ladder.dgram.delay', { time: duration(us ?? 0) })]
          case 'answer': return [n === undefined || n === id ? t('ladder.dgram.answer', { id }) : t('ladder.dgram.mistaken', { id, n })]
          case 'late': case 'repeated': return [t(`ladder.dgram.${what}`, { id })]
          // a server's own word of the datagram that it got; a client's of the answer that it got
          case 'reorder': return [t(id === undefined ? 'ladder.dgram.heldBack' : 'ladder.dgram.outOfOrder')]
          case 'duplicate': return [t('ladder.dgram.duplicate')]
          default: return []
        }
      })
      return words.length > 0 ? words.join(' · ') : t('ladder.datagram')
    }
    const lost = ({ datagram: facts }: Segment): string =>
      facts?.cause ? t(`ladder.dgram.cause.${facts.cause}`, { program: facts.by ?? '' }) : t('ladder.lost')
    const base = (side: Side) => (bases[side] ??= baseOf(connection, side))
    const rel = (n: number | undefined, from: Side) => {
      const first = base(from)
      return n === undefined || first === undefined ? undefined : (n - first) >>> 0
    }
    // the session's time, as the timeline and the call log have it: one moment, one number
    const time = clock
    const flags = (segment: Segment) => (connection.type === 'dgram' ? datagram(segment) : segment.flags)
    const side = (s: Side) => t(s === 'a' ? 'ladder.client' : 'ladder.server')
    const relative = (segment: Segment) => ({
      seq: segment.seqRel ?? rel(segment.seqno, segment.from),
      ack: segment.flags.includes('ACK') ? segment.ackRel ?? rel(segment.ackno, segment.from === 'a' ? 'b' : 'a') : undefined,
    })
    const waiting = (call: CallModel) => {
      const wait = waitsAt(call, cursor).at(-1)
      return wait && t(`ladder.waiting.${wait.why}`)
    }
    const texts: LadderTexts = {
      clock: time,
      gap: duration,
      call: ({ call, part }) => {
        // an error stands in the second line, where it always has room
        const failed = texts.failed({ call, part })
        if (part === 'end') return failed ? shortHead(call) : `${shortHead(call)} = ${callResult(call, cursor) ?? '…'}`
        if (failed) return callHead(call)
        return part === 'start' && endAt(call, cursor) ? callHead(call) : callLine(call, cursor)
      },
      sub: (slot: CallSlot) => {
        if (!hasStory(slot.call, slot.part, cursor)) return undefined
        const end = endAt(slot.call, cursor)
        if (!end) return waiting(slot.call)
        const blocked = blockedTime(slot.call, cursor)
        return [end.errno, blocked > 0 && t('ladder.blocked', { time: duration(blocked) })].filter(Boolean).join(' · ')
      },
      failed: (slot) => slot.part !== 'start' && endAt(slot.call, cursor)?.errno !== undefined,
      label: (row) => {
        const segment = row.arrow!.segment
        const counted = relative(segment)
        const seq = asOnWire ? segment.seqno : counted.seq
        const ack = asOnWire ? (counted.ack === undefined ? undefined : segment.ackno) : counted.ack
        const parts = [segment.retransmission && !segment.datagram ? `↻ ${flags(segment)}` : flags(segment)]
        if (segment.count > 1) parts[0] += ` ${t('ladder.times', { count: group(segment.count) })}`
        // why a datagram is lost matters more than its length, and a label may be cut at its end
        if (segment.datagram && segment.fate === 'lost') parts.push(lost(segment))
        if (segment.len > 0 || segment.datagram) parts.push(t('ladder.len', { len: group(segment.len) }))
        if (width > 30 && seq !== undefined) {
          const window = width > 44 && segment.window !== undefined ? ` win ${group(segment.windowBytes ?? segment.window)}` : ''
          parts.push(`seq ${group(seq)}${ack === undefined ? '' : ` ack ${group(ack)}`}${window}`)
        }
        if (segment.remark) parts.push(t(`ladder.remark.${segment.remark}`))
        if (segment.datagram?.cut !== undefined) parts.push(t('ladder.dgram.cut', { len: group(segment.datagram.cut) }))
        if (!segment.datagram && segment.fate === 'lost') parts.push(t('ladder.lost'))
        if (segment.fate === 'unknown') parts.push(t('ladder.unknownFate'))
        if (segment.retransmission && !segment.datagram) parts.push(t('ladder.retransmission'))
        return parts.join(' · ')
      },
      outcome: (row) => t(`ladder.outcome.${row.outcome!.outcome}`),
      side,
      flags,
      relative,
      aria: (item, row) => {
        const at = time(row.t)
        if (item.kind === 'segment') {
          const segment = row.arrow!.segment
          const evidence = t(`ladder.evidence.${segment.evidence}`)
          const words = t('ladder.aria.segment', { flags: flags(segment), from: side(segment.from), len: group(segment.len), evidence, time: at })
          const extra = [segment.fate === 'lost' && lost(segment), segment.retransmission && !segment.datagram && t('ladder.retransmission')].filter(Boolean)
          return [words, ...extra].join(', ')
        }
        const who = side(item.side!)
        if (item.kind === 'state') {
          const change = row.states[item.side!]!.change
          return t('ladder.aria.state', { side: who, state: change.to, evidence: t(`ladder.evidence.${change.evidence}`), time: at })
        }
        const slot = row.calls[item.side!]!
        const sub = texts.sub(slot)
        return t('ladder.aria.call', { side: who, call: sub ? `${texts.call(slot)}, ${sub}` : texts.call(slot), time: at })
      },
    }
    return texts
  })
}
