/** What is said of frames and of broken ones. */
import { useI18n } from 'vue-i18n'
import { lengthOf } from '../../../shared/bytes/range'
import { hexByte } from '../../../shared/bytes/hex'
import type { FrameError, Frames } from '../../../shared/bytes/framing'
import type { Part } from './parts'

export function useFrameTexts() {
  const { t } = useI18n()
  const partName = (part: Part): string =>
    t(`framing.part.${part.kind}`, { n: part.frame, bytes: lengthOf(part.range), from: part.range.from, to: part.range.to })
  function errorText(error: FrameError): { said: string; means: string; next: string } {
    const words = ((): Record<string, string | number> => {
      switch (error.code) {
        case 'oversized': return { length: error.length, max: error.max }
        case 'header': return { at: error.at, expected: hexByte(error.expected), found: hexByte(error.found) }
        case 'eof': return { have: error.have, need: error.need ?? '?' }
        case 'holds-delimiter': return { at: error.at }
        default: return error satisfies never
      }
    })()
    const key = error.code === 'oversized' && error.atLeast ? 'endless' : error.code === 'eof' && error.need === undefined ? 'eofOpen' : error.code
    return { said: t(`framing.error.${key}.said`, words), means: t(`framing.error.${key}.means`, words), next: t(`framing.error.${key}.next`, words) }
  }
  function restText(frames: Frames): string {
    const { rest } = frames
    const n = frames.frames.length
    if (rest.kind === 'none') return t('framing.rest.none', { n }, n)
    if (rest.kind === 'invalid') return t('framing.rest.broken', { n }, n)
    const have = lengthOf(rest.range)
    return rest.need === undefined ? t('framing.rest.open', { n, have }, n) : t('framing.rest.more', { n, have, need: rest.need }, n)
  }
  return { partName, errorText, restText }
}
