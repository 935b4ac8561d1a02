/** The library's own words, in the person's language: keys of `python.editor.phrase`. */
const PHRASES: Readonly<Record<string, string>> = {
  'Find': 'find', 'Replace': 'replaceWith', 'next': 'next', 'previous': 'previous', 'all': 'all', 'match case': 'case', 'regexp': 'regexp',
  'by word': 'word', 'replace': 'replace', 'replace all': 'replaceAll', 'close': 'close', 'current match': 'current', 'on line': 'onLine',
  'replaced match on line $': 'replacedOne', 'replaced $ matches': 'replacedMany', 'Go to line': 'goToLine', 'go': 'go', 'Fold line': 'fold',
  'Unfold line': 'unfoldLine', 'folded code': 'folded', 'unfold': 'unfold', 'Folded lines': 'foldedLines', 'Unfolded lines': 'unfoldedLines', 'to': 'to',
  'Completions': 'completions', 'Control character': 'control', 'Selection deleted': 'deleted',
}

export const phrases = (t: (key: string) => string): Record<string, string> =>
  Object.fromEntries(Object.entries(PHRASES).map(([own, key]) => [own, t(`python.phrase.${key}`)]))
