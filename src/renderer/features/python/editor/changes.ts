/** How one text becomes another where only some lines differ, so that what is marked on the others stays where it is. */
import type { ChangeSpec, Text } from '@codemirror/state'

export function changesTo(doc: Text, wanted: string): ChangeSpec[] {
  const fresh = wanted.split('\n')
  if (fresh.length !== doc.lines) return [{ from: 0, to: doc.length, insert: wanted }]
  return fresh.flatMap((insert, i) => {
    const { from, to, text } = doc.line(i + 1)
    return text === insert ? [] : [{ from, to, insert }]
  })
}
