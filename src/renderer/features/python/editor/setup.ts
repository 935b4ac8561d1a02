/** The editor's extensions, those of every Python editor in one place. */
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands'
import { python, pythonLanguage } from '@codemirror/lang-python'
import { bracketMatching, foldGutter, foldKeymap, indentOnInput, indentUnit } from '@codemirror/language'
import { highlightSelectionMatches, searchKeymap } from '@codemirror/search'
import { EditorState, Prec, type Extension } from '@codemirror/state'
import { crosshairCursor, drawSelection, dropCursor, EditorView, highlightActiveLine, highlightActiveLineGutter, highlightSpecialChars, keymap, lineNumbers, rectangularSelection } from '@codemirror/view'
import { breakpoints, toggleBreakpoint } from './breakpoints'
import { pythonCompletions } from './completions'
import { lineMarks } from './marks'
import { problems, type Problem } from './problems'
import { theme } from './theme'

export interface EditorHooks {
  changed(source: string): void
  breakpoints(lines: number[]): void
  /** what Python's compiler says of a text */
  check(source: string): Promise<Problem | undefined>
  problem(problem: Problem | undefined): void
  /** the person wants out, by keyboard */
  leave(): void
}

/** What a typed text replaces: the selection, also one that was made in the page so lately that the editor has not heard of it. */
function replaced(event: InputEvent, view: EditorView): { from: number; to: number } {
  const { main } = view.state.selection
  if (!main.empty) return main
  // Chrome tells the range from outside of a shadow root where it can; from inside it always has the selection
  const inside = (view.root as { getSelection?: () => Selection | null }).getSelection?.()
  const told = event.getTargetRanges()[0]
  const ends = told && !told.collapsed && view.contentDOM.contains(told.startContainer) && view.contentDOM.contains(told.endContainer)
    ? [view.posAtDOM(told.startContainer, told.startOffset), view.posAtDOM(told.endContainer, told.endOffset)]
    : inside?.anchorNode && inside.focusNode && !inside.isCollapsed && view.contentDOM.contains(inside.anchorNode) && view.contentDOM.contains(inside.focusNode)
      ? [view.posAtDOM(inside.anchorNode, inside.anchorOffset), view.posAtDOM(inside.focusNode, inside.focusOffset)]
      : undefined
  if (!ends) return main
  const [from, to] = [Math.min(...ends), Math.max(...ends)]
  // all that is drawn stands for all there is
  return from <= view.viewport.from && to >= view.viewport.to ? { from: 0, to: view.state.doc.length } : { from, to }
}

/**
 * Where typed text replaces a selection, Chrome would keep the look of what goes in an inline style, which the content
 * policy refuses with a complaint: the text is put in here instead, as the library does it after the fact.
 */
const replacing = EditorView.domEventHandlers({
  beforeinput(event, view) {
    const { data } = event
    if (event.isComposing || event.inputType !== 'insertText' || data === null || view.state.readOnly) return false
    const { from, to } = replaced(event, view)
    if (from === to) return false
    if (view.state.selection.main.empty) view.dispatch({ selection: { anchor: from, head: to } })
    const insert = () => view.state.update(view.state.replaceSelection(data), { userEvent: 'input.type', scrollIntoView: true })
    if (!view.state.facet(EditorView.inputHandler).some((handle) => handle(view, from, to, data, insert))) view.dispatch(insert())
    event.preventDefault()
    return true
  },
})

/** A file that is dropped is opened by the page, in a tab of its own; the library would put its text here. */
const dropped = EditorView.domEventHandlers({ drop: (event) => (event.dataTransfer?.files.length ?? 0) > 0 })

/** PEP 8: four spaces. */
const INDENT = '    '

export function pythonEditor(hooks: EditorHooks): Extension {
  return [
    breakpoints(hooks.breakpoints),
    lineNumbers(),
    foldGutter({ openText: '⌄', closedText: '›' }),
    highlightActiveLineGutter(),
    highlightSpecialChars(),
    history(),
    drawSelection(),
    dropCursor(),
    EditorState.allowMultipleSelections.of(true),
    EditorState.tabSize.of(4),
    indentUnit.of(INDENT),
    indentOnInput(),
    bracketMatching(),
    closeBrackets(),
    autocompletion({ icons: false }),
    rectangularSelection(),
    crosshairCursor(),
    highlightActiveLine(),
    highlightSelectionMatches(),
    python(),
    pythonLanguage.data.of({ autocomplete: pythonCompletions }),
    lineMarks,
    problems(hooks.check, hooks.problem),
    replacing,
    dropped,
    theme,
    keymap.of([
      { key: 'F9', run: toggleBreakpoint },
      ...closeBracketsKeymap, ...completionKeymap, ...searchKeymap, ...historyKeymap, ...foldKeymap, indentWithTab,
      // the page's own key, which the default keymap gives to an empty line
      ...defaultKeymap.filter((binding) => binding.key !== 'Mod-Enter'),
    ]),
    // what is open (completion, search, several selections) closes first; then the editor is left
    Prec.lowest(keymap.of([{ key: 'Escape', run: () => (hooks.leave(), true) }])),
    EditorView.updateListener.of((update) => { if (update.docChanged) hooks.changed(update.state.doc.toString()) }),
  ]
}
