/** A header's fields in the reader's language. Technical names stay as they are. */
import { useI18n } from 'vue-i18n'
import { hex } from '../../shared/packets/scribe'
import type { Checksum, Field, Layer, Problem } from '../../shared/packets/model'
import { group } from '../diagrams/format'

export interface FieldTexts {
  name(field: Field): string
  value(field: Field): string
  /** what it means, and what the connection adds to it */
  meaning(field: Field, extra?: string): string
  layer(layer: Pick<Layer, 'kind' | 'quoted'>): string
  problem(problem: Problem): string
  checksum(checksum: Checksum): string
}

export function useFieldTexts(): FieldTexts {
  const { t } = useI18n()
  return {
    name: (field) => t(`stack.field.${field.key}`),
    value: (field) => {
      const text = field.text ?? (typeof field.value === 'number' ? (field.value < 100_000 ? String(field.value) : group(field.value)) : field.value)
      return field.name && field.name !== text ? `${text} ${field.name}` : text
    },
    meaning: (field, extra) => [extra, field.meaning && t(`stack.meaning.${field.meaning.key}`, field.meaning.params ?? {})].filter(Boolean).join('; '),
    layer: (layer) => (layer.quoted ? `${t(`stack.layer.${layer.kind}`)} (${t('stack.quoted')})` : t(`stack.layer.${layer.kind}`)),
    problem: (problem) => t(`stack.problem.${problem.key}`, problem.params ?? {}),
    checksum: (checksum) => t(`stack.checksum.${checksum.state}`, { computed: checksum.computed === undefined ? '' : hex(checksum.computed, 2) }),
  }
}
