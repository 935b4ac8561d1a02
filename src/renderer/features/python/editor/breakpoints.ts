/** Breakpoints in the gutter: a click, or F9 on the line of the cursor, sets and clears one. They move with their lines. */
import { RangeSet, StateEffect, StateField, type EditorState, type Extension } from '@codemirror/state'
import { EditorView, gutter, GutterMarker } from '@codemirror/view'

class Dot extends GutterMarker {
  constructor(private readonly label: string) {
    super()
  }

  override eq(other: Dot): boolean {
    return other.label === this.label
  }

  override toDOM(): Node {
    const dot = document.createElement('span')
    dot.className = 'cm-breakpoint'
    dot.title = this.label
    return dot
  }
}
const dot = new Dot('')

/** All breakpoints anew, as line numbers from 1. */
export const setBreakpoints = StateEffect.define<readonly number[]>()
const toggle = StateEffect.define<number>()

const positions = (state: EditorState, lines: readonly number[]): RangeSet<GutterMarker> => RangeSet.of(
  [...new Set(lines)].filter((line) => line >= 1 && line <= state.doc.lines).sort((a, b) => a - b).map((line) => dot.range(state.doc.line(line).from)))

const field = StateField.define<RangeSet<GutterMarker>>({
  create: () => RangeSet.empty,
  update(set, tr) {
    let next = tr.docChanged ? set.map(tr.changes) : set
    for (const effect of tr.effects) {
      if (effect.is(setBreakpoints)) next = positions(tr.state, effect.value)
      if (!effect.is(toggle)) continue
      const lines = linesOf(tr.state, next)
      const line = effect.value
      next = positions(tr.state, lines.includes(line) ? lines.filter((one) => one !== line) : [...lines, line])
    }
    return next
  },
})

/** Where text was taken out, a mark may stand within a line and two on the same one: each line counts once. */
function linesOf(state: EditorState, set: RangeSet<GutterMarker>): number[] {
  const lines = new Set<number>()
  for (const at = set.iter(); at.value; at.next()) lines.add(state.doc.lineAt(at.from).number)
  return [...lines]
}

export const breakpointLines = (state: EditorState): number[] => linesOf(state, state.field(field))

export function toggleBreakpoint(view: EditorView): boolean {
  view.dispatch({ effects: toggle.of(view.state.doc.lineAt(view.state.selection.main.head).number) })
  return true
}

export function breakpoints(onChange: (lines: number[]) => void): Extension {
  return [
    field,
    gutter({
      class: 'cm-breakpoints',
      markers: (view) => view.state.field(field),
      initialSpacer: () => dot,
      domEventHandlers: {
        mousedown(view, line) {
          view.dispatch({ effects: toggle.of(view.state.doc.lineAt(line.from).number) })
          return true
        },
      },
    }),
    EditorView.updateListener.of((update) => {
      const before = breakpointLines(update.startState)
      const now = breakpointLines(update.state)
      const told = update.transactions.some((tr) => tr.effects.some((effect) => effect.is(setBreakpoints)))
      if (!told && (before.length !== now.length || before.some((line, i) => line !== now[i]))) onChange(now)
    }),
  ]
}
