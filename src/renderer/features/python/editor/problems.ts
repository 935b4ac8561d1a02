/** What Python's compiler cannot read is marked while one writes: underlined, with a sign beside the line, and told below. */
import { linter, lintGutter, type Action, type Diagnostic } from '@codemirror/lint'
import { StateEffect, type Extension, type Text } from '@codemirror/state'
import type { SyntaxProblem } from '../../../python/program'
import { changesTo } from './changes'

/** How long one has not typed before the text is looked at, milliseconds. */
const STILL_MS = 700
/** Longer texts are not looked at: it would take the time that Run wants. */
const LONGEST = 100_000

export interface Problem extends SyntaxProblem {
  /** Python's words, and ours under them */
  text: string
  /** what mends it, by one click: its name, and the program as it is then */
  mend?: { label: string; source: string } | undefined
}

/** Looks once more: an interpreter is ready now, or the language is another. */
export const recheck = StateEffect.define<null>()

/** Python counts characters, the editor UTF-16 units. */
function position(doc: Text, line: number, column: number): number {
  const { from, text } = doc.line(Math.min(Math.max(1, line), doc.lines))
  return from + [...text].slice(0, Math.max(0, column - 1)).join('').length
}

/** Where it is; where that is the end of a line or nothing, the last thing before it. */
export function rangeOf(doc: Text, problem: SyntaxProblem): { from: number; to: number } {
  let from = position(doc, problem.line, problem.column)
  const to = Math.min(Math.max(from, problem.endLine < problem.line ? from : position(doc, problem.endLine, problem.endColumn)), doc.lineAt(from).to)
  if (to === from) {
    const line = doc.lineAt(from)
    if (from < line.to) return { from, to: from + 1 }
    from = line.from + (/\S+\s*$/.exec(line.text)?.index ?? 0)
  }
  return { from, to: Math.max(to, from) }
}

const actions = ({ mend }: Problem): Action[] =>
  (mend ? [{ name: mend.label, apply: (view) => view.dispatch({ changes: changesTo(view.state.doc, mend.source) }) }] : [])

export function problems(check: (source: string) => Promise<Problem | undefined>, told: (problem: Problem | undefined) => void): Extension {
  return [
    linter(async ({ state: { doc } }): Promise<Diagnostic[]> => {
      const problem = doc.length > LONGEST ? undefined : await check(doc.toString())
      told(problem)
      return problem ? [{ ...rangeOf(doc, problem), severity: 'error', message: problem.text, actions: actions(problem) }] : []
    }, { delay: STILL_MS, needsRefresh: (update) => update.transactions.some((tr) => tr.effects.some((effect) => effect.is(recheck))) }),
    lintGutter(),
  ]
}
