/** Completion for the modules of the courses, and for the methods of what a name holds, as far as one line tells. */
import type { Completion, CompletionContext, CompletionResult } from '@codemirror/autocomplete'
import { METHODS, MODULES } from './completions-data'

type Kind = keyof typeof METHODS

const MADE: [Kind, RegExp][] = [
  ['poll', /=\s*(?:select\.)?(?:poll|epoll)\(/],
  ['thread', /=\s*(?:threading\.)?(?:Thread|Timer)\(/],
  ['file', /=.*\.makefile\(|=\s*open\(/],
  ['socket', /=\s*(?:socket\.)?(?:socket|create_connection|create_server)\(|=.*\.accept\(|=.*\.dup\(/],
]
/** What people call a socket where no line says so: a function's parameter. */
const SOCKET_NAMES = /^(?:s|sock|conn|connection|client|server|peer|\w*_?sock(?:et)?\w*)$/

/** What `name` holds by the lines that give it a value: the last one before `before` that tells. */
export function kindOf(name: string, source: string): Kind | undefined {
  const word = new RegExp(`\\b${name}\\b`)
  for (const line of source.split('\n').reverse()) {
    const wanted = new RegExp(`\\bas\\s+${name}\\b`).test(line) ? line.replace(/\bas\b.*/, '').replace(/^\s*with\s+/, '= ') : line
    const left = wanted === line ? /^\s*([\w\s,.()]+?)\s*=(?!=)/.exec(line)?.[1] : name
    if (left === undefined || !word.test(left)) continue
    const kind = MADE.find(([, made]) => made.test(wanted))?.[0]
    if (kind) return kind
  }
  return SOCKET_NAMES.test(name) ? 'socket' : undefined
}

/** The names under which a source knows a module: `import socket as s` makes 's' one. */
function moduleOf(name: string, source: string): string | undefined {
  const alias = new RegExp(`^\\s*import\\s+(?:.*,\\s*)?(\\w+)\\s+as\\s+${name}\\b`, 'm').exec(source)?.[1]
  return alias ?? (name in MODULES && !new RegExp(`^\\s*from\\s+${name}\\s+import\\s+${name}\\b`, 'm').test(source) ? name : undefined)
}

const option = ({ name, detail }: { name: string; detail: string }): Completion => ({
  label: name, detail,
  type: /^[A-Z][A-Z0-9_]+$/.test(name) ? 'constant' : detail.startsWith('(') ? (/^[A-Z]/.test(name) ? 'class' : 'function') : 'property',
})

export function pythonCompletions(context: CompletionContext): CompletionResult | null {
  const member = context.matchBefore(/[\w.]+\.\w*/)
  const source = context.state.doc.toString()
  if (member) {
    const [, path, typed] = /^(.*)\.(\w*)$/.exec(member.text) ?? []
    const name = path?.split('.').at(-1)
    if (!name || typed === undefined) return null
    const module = path === name ? moduleOf(name, source) : undefined
    const kind = module ? undefined : kindOf(name, source)
    const list = module ? MODULES[module] : kind && METHODS[kind]
    return list ? { from: member.to - typed.length, options: list.map(option), validFor: /^\w*$/ } : null
  }
  const imported = context.matchBefore(/^\s*(?:import|from)\s+\w*/)
  if (!imported) return null
  const word = context.matchBefore(/\w*/)
  return word ? { from: word.from, options: Object.keys(MODULES).map((label) => ({ label, type: 'namespace' })), validFor: /^\w*$/ } : null
}
