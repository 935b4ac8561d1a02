/** The editor in the app's own colours: every theme changes the variables, so one style serves all three. */
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language'
import type { Extension } from '@codemirror/state'
import { EditorView } from '@codemirror/view'
import { tags } from '@lezer/highlight'

const look = EditorView.theme({
  '&': { height: '100%', color: 'var(--text)', backgroundColor: 'var(--surface)', fontSize: 'var(--code-size)' },
  '&.cm-focused': { outline: '2px solid var(--accent)', outlineOffset: '-2px' },
  '.cm-scroller': { fontFamily: 'var(--font-mono)', lineHeight: '1.55', fontVariantLigatures: 'none', scrollbarWidth: 'thin', scrollbarColor: 'var(--line-strong) transparent' },
  '.cm-content': { caretColor: 'var(--text)', padding: '0.25rem 0' },
  '.cm-line': { padding: '0 0.5rem 0 0.375rem' },
  '.cm-cursor, .cm-dropCursor': { borderLeftColor: 'var(--text)', borderLeftWidth: '2px' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': { background: 'var(--select-bg)' },
  '.cm-selectionMatch': { backgroundColor: 'color-mix(in srgb, var(--select-bg) 70%, transparent)' },
  '&.cm-focused .cm-matchingBracket': { backgroundColor: 'var(--select-bg)', outline: '1px solid var(--select)' },
  '&.cm-focused .cm-nonmatchingBracket': { backgroundColor: 'var(--danger-bg)', outline: '1px solid var(--danger)' },
  '.cm-activeLine': { backgroundColor: 'transparent' },
  '&.cm-focused .cm-activeLine': { backgroundColor: 'color-mix(in srgb, var(--hover) 55%, transparent)' },
  '.cm-activeLineGutter': { backgroundColor: 'transparent', color: 'var(--text)' },
  '.cm-gutters': { backgroundColor: 'var(--surface)', color: 'var(--text-faint)', border: 'none' },
  '.cm-lineNumbers .cm-gutterElement': { padding: '0 0.375rem 0 0', minWidth: '1.75rem' },
  '.cm-breakpoints': { width: '1.125rem', cursor: 'pointer' },
  '.cm-breakpoints .cm-gutterElement': { display: 'grid', placeItems: 'center' },
  '.cm-breakpoints .cm-gutterElement:hover': { backgroundColor: 'var(--danger-bg)' },
  '.cm-breakpoint': { display: 'block', width: '0.625rem', height: '0.625rem', borderRadius: '50%', backgroundColor: 'var(--danger)' },
  '.cm-foldPlaceholder': { backgroundColor: 'var(--sunken)', color: 'var(--text-muted)', border: '1px solid var(--line)' },

  // where threads stand
  '.cm-at-halted': { backgroundColor: 'var(--warn-bg)', boxShadow: 'inset 3px 0 0 var(--warn)' },
  '.cm-at-waiting': { backgroundColor: 'color-mix(in srgb, var(--block-net) 30%, transparent)', boxShadow: 'inset 3px 0 0 var(--block-net)' },
  '.cm-at-calling': { backgroundColor: 'var(--select-bg)', boxShadow: 'inset 3px 0 0 var(--select)' },
  '.cm-at-returned': { backgroundColor: 'var(--sunken)', boxShadow: 'inset 3px 0 0 var(--line-strong)' },
  '.cm-at-error': { backgroundColor: 'var(--danger-bg)', boxShadow: 'inset 3px 0 0 var(--danger)' },
  // its chip stands behind the code where there is room in sight, else below it; it never covers it
  '.cm-line.cm-at-halted, .cm-line.cm-at-waiting, .cm-line.cm-at-calling, .cm-line.cm-at-returned': { maxWidth: 'var(--seen)', whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' },
  '.cm-at-selected': { outline: '1.5px solid var(--select)', outlineOffset: '-1.5px' },
  '.cm-chip': {
    display: 'inline-block', marginLeft: '1.25em', padding: '0 0.4em', borderRadius: '3px', border: '1px solid transparent', fontFamily: 'var(--font-sans)',
    fontSize: '0.85em', lineHeight: '1.35', verticalAlign: 'middle', whiteSpace: 'pre', userSelect: 'none', color: 'var(--text)', backgroundColor: 'var(--surface)',
  },
  '.cm-chip + .cm-chip': { marginLeft: '0.4em' },
  '.cm-chip-halted': { borderColor: 'var(--warn)', backgroundColor: 'var(--warn-bg)' },
  '.cm-chip-waiting': { backgroundColor: 'var(--block-net)' },
  '.cm-chip-waiting.cm-why-time': { backgroundColor: 'var(--block-time)' },
  '.cm-chip-waiting.cm-why-input': { backgroundColor: 'var(--block-input)' },
  '.cm-chip-calling': { borderColor: 'var(--select)' },
  '.cm-chip-returned': { borderColor: 'var(--line-strong)' },
  // below its line, and not wider than what is seen
  '.cm-below': { padding: '0.125rem 0.5rem 0.25rem 0.375rem' },
  '.cm-chip-error': { maxWidth: '34rem', margin: '0', borderColor: 'var(--danger)', color: 'var(--danger)', backgroundColor: 'var(--danger-bg)', whiteSpace: 'pre-wrap' },

  // the library's own signs are pictures in the style sheet, which the content policy refuses
  '.cm-lintRange-error': { backgroundImage: 'none', textDecoration: 'underline wavy var(--danger) 1.5px', textUnderlineOffset: '3px', textDecorationSkipInk: 'none' },
  '.cm-gutter-lint': { width: '0.875rem' },
  '.cm-gutter-lint .cm-gutterElement': { display: 'grid', placeItems: 'center', padding: '0' },
  '.cm-lint-marker-error': { content: 'normal', width: '0.625rem', height: '0.5625rem', backgroundColor: 'var(--danger)', clipPath: 'polygon(50% 0, 100% 100%, 0 100%)' },
  '.cm-tooltip.cm-tooltip-lint': { maxWidth: '34rem' },
  '.cm-diagnostic': { padding: '0.25rem 0.5rem', whiteSpace: 'pre-wrap', fontFamily: 'var(--font-sans)', fontSize: 'var(--text-sm)', borderLeft: '3px solid var(--danger)' },

  // panels and menus
  '.cm-panels': { backgroundColor: 'var(--bg)', color: 'var(--text)', fontFamily: 'var(--font-sans)' },
  '.cm-panels.cm-panels-bottom': { borderTop: '1px solid var(--line)' },
  '.cm-panel.cm-search': { padding: '0.25rem 0.5rem', fontSize: 'var(--text-sm)' },
  '.cm-panel.cm-search label': { fontSize: 'var(--text-sm)' },
  '.cm-panel.cm-search [name=close]': { fontSize: '1rem', color: 'var(--text-muted)' },
  '.cm-textfield': { backgroundColor: 'var(--surface)', color: 'var(--text)', border: '1px solid var(--line-strong)', borderRadius: 'var(--radius)', fontSize: 'var(--text-sm)' },
  '.cm-button': { backgroundImage: 'none', backgroundColor: 'var(--surface)', color: 'var(--text)', border: '1px solid var(--line-strong)', borderRadius: 'var(--radius)', fontSize: 'var(--text-sm)' },
  '.cm-button:active': { backgroundImage: 'none', backgroundColor: 'var(--sunken)' },
  '.cm-searchMatch': { backgroundColor: 'var(--warn-bg)', outline: '1px solid var(--warn)' },
  '.cm-searchMatch-selected': { backgroundColor: 'var(--block-input)' },
  '.cm-tooltip': { backgroundColor: 'var(--raised)', color: 'var(--text)', border: '1px solid var(--line-strong)', borderRadius: 'var(--radius)', boxShadow: 'var(--shadow)' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--font-mono)', fontSize: 'var(--text-sm)', maxHeight: '14em' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': { padding: '0.125rem 0.375rem' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': { backgroundColor: 'var(--select-bg)', color: 'var(--text)' },
  '.cm-completionDetail': { color: 'var(--text-muted)', fontStyle: 'normal' },
  '.cm-completionMatchedText': { textDecoration: 'none', fontWeight: '700' },
  '.cm-tooltip.cm-completionInfo': { padding: '0.25rem 0.5rem', fontFamily: 'var(--font-sans)', fontSize: 'var(--text-sm)', maxWidth: '22rem' },
})

/** The same few colours as in calls/python.css. */
const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.bool, tags.null, tags.self, tags.operatorKeyword, tags.controlKeyword, tags.definitionKeyword, tags.moduleKeyword], color: 'var(--side-a)', fontWeight: '600' },
  { tag: [tags.function(tags.definition(tags.variableName)), tags.definition(tags.className)], color: 'var(--accent)', fontWeight: '600' },
  { tag: tags.standard(tags.variableName), color: 'var(--accent)' },
  { tag: [tags.string, tags.special(tags.string), tags.docString], color: 'var(--good)' },
  { tag: tags.number, color: 'var(--side-b)' },
  { tag: tags.comment, color: 'var(--text-faint)', fontStyle: 'italic' },
])

export const theme: Extension = [look, syntaxHighlighting(colours)]
