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
import { theme } from './theme'

export interface EditorHooks {
  changed(source: string): void
  breakpoints(lines: number[]): void
  /** the person wants out, by keyboard */
  leave(): void
}

/**
 * Where typed text replaces a selection, Chrome would keep the look of what goes in an inline style, which the content
 * policy refuses with a complaint: the text is put in here instead, as the library does it after the fact.
 */
const replacing = EditorView.domEventHandlers({
  beforeinput(event, view) {
    const { main } = view.state.selection
    const { data } = event
    if (event.isComposing || event.inputType !== 'insertText' || data === null || main.empty || view.state.readOnly) return false
    const insert = () => view.state.update(view.state.replaceSelection(data), { userEvent: 'input.type', scrollIntoView: true })
    if (!view.state.facet(EditorView.inputHandler).some((handle) => handle(view, main.from, main.to, data, insert))) view.dispatch(insert())
    event.preventDefault()
    return true
  },
})

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
    replacing,
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
