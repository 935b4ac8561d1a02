/** Marks on lines: where each thread stands, what it waits for, where it failed. They are told anew with each moment. */
import { StateEffect, StateField, type EditorState, type Extension, type Range } from '@codemirror/state'
import { Decoration, EditorView, WidgetType, type DecorationSet } from '@codemirror/view'

export type MarkKind = 'halted' | 'waiting' | 'calling' | 'returned' | 'error' | 'selected'

export interface LineMark {
  /** from 1 */
  line: number
  kind: MarkKind
  /** shown behind the line; '' colours the line alone */
  text: string
  /** whose mark it is: 'main' */
  who?: string
  /** what a wait is for: its colour */
  why?: 'net' | 'time' | 'input'
}

class Chip extends WidgetType {
  constructor(private readonly mark: LineMark) {
    super()
  }

  override eq(other: Chip): boolean {
    return other.mark.text === this.mark.text && other.mark.kind === this.mark.kind && other.mark.who === this.mark.who && other.mark.why === this.mark.why
  }

  override toDOM(): HTMLElement {
    const chip = document.createElement('span')
    chip.className = `cm-chip cm-chip-${this.mark.kind} ${this.mark.why ? `cm-why-${this.mark.why}` : ''}`
    if (this.mark.who) {
      const who = document.createElement('b')
      who.textContent = this.mark.who
      chip.append(who, ' ')
    }
    chip.append(this.mark.text)
    if (this.mark.kind !== 'error') return chip
    // a block of its own may have no margin: the editor measures it
    const block = document.createElement('div')
    block.className = 'cm-below'
    block.append(chip)
    return block
  }

  override ignoreEvent(): boolean {
    return true
  }
}

/** What is worth showing where several marks are on one line. */
const ORDER: MarkKind[] = ['error', 'halted', 'waiting', 'calling', 'returned', 'selected']
/** Most chips behind one line; the others are counted. */
const SHOWN = 2

export const setMarks = StateEffect.define<readonly LineMark[]>()

export function decorate(state: EditorState, marks: readonly LineMark[]): DecorationSet {
  const byLine = new Map<number, LineMark[]>()
  for (const mark of marks) {
    if (mark.line < 1 || mark.line > state.doc.lines) continue
    byLine.set(mark.line, [...(byLine.get(mark.line) ?? []), mark])
  }
  const out: Range<Decoration>[] = []
  for (const [line, group] of byLine) {
    group.sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind))
    const { from, to } = state.doc.line(line)
    const classes = [...new Set(group.map((mark) => `cm-at-${mark.kind}`))]
    out.push(Decoration.line({ class: classes.join(' ') }).range(from))
    // what went wrong stands below its line: it is long, and both are to be read
    for (const mark of group.filter((one) => one.kind === 'error')) out.push(Decoration.widget({ widget: new Chip(mark), side: 1, block: true }).range(to))
    const chips = group.filter((mark) => mark.text !== '' && mark.kind !== 'error')
    chips.slice(0, SHOWN).forEach((mark, i) => out.push(Decoration.widget({ widget: new Chip(mark), side: 1 + i }).range(to)))
    if (chips.length > SHOWN) {
      const more: LineMark = { line, kind: 'returned', text: `+${chips.length - SHOWN}` }
      out.push(Decoration.widget({ widget: new Chip(more), side: 1 + SHOWN }).range(to))
    }
  }
  return Decoration.set(out, true)
}

const field = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(set, tr) {
    for (const effect of tr.effects) if (effect.is(setMarks)) return decorate(tr.state, effect.value)
    return tr.docChanged ? set.map(tr.changes) : set
  },
  provide: (f) => EditorView.decorations.from(f),
})

/** The width of the code that is in sight, for the style of the marked lines. */
const seen = EditorView.updateListener.of(({ view, geometryChanged }) => {
  if (!geometryChanged) return
  const gutters = view.scrollDOM.querySelector<HTMLElement>('.cm-gutters')?.offsetWidth ?? 0
  const width = `${view.scrollDOM.clientWidth - gutters}px`
  if (view.scrollDOM.style.getPropertyValue('--seen') !== width) view.scrollDOM.style.setProperty('--seen', width)
})

export const lineMarks: Extension = [field, seen]
