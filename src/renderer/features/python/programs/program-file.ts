/** The programs that are open in tabs: what one is, and how they are kept over a reload. Plain data, no view. */

export interface OpenProgram {
  id: string
  /** the name that tracebacks show; the name of its file where it has one */
  name: string
  source: string
  /** as typed: see split-args */
  args: string
  /** line numbers, from 1 */
  breakpoints: number[]
  /** the text as it is safe elsewhere: in a file, or as an example that can be opened again */
  safe: string
  /** it is a file of the workspace folder */
  inFolder?: boolean
}

/** Open at once; and characters that are kept over a reload, which is well below what localStorage holds. */
export const MAX_OPEN = 24
export const MAX_KEPT = 2_000_000
/** Characters of one program (the contract's MAX_SOURCE). */
export const MAX_SOURCE = 512 * 1024
export const MAX_NAME = 100

export const isUnsaved = (program: OpenProgram): boolean => program.source !== program.safe && program.source.trim() !== ''

/** A file's name from what was typed: no path, no odd characters, '.py' at its end. undefined where nothing is left. */
export function fileName(typed: string): string | undefined {
  const base = typed.split(/[/\\]/).at(-1)?.replace(/[\p{C}"<>|:*?]/gu, '').trim() ?? ''
  const stem = base.replace(/\.pyw?$/i, '').replace(/^\.+/, '').slice(0, MAX_NAME - 3)
  return stem === '' ? undefined : `${stem}.py`
}

/** The name, or one with a number where it is taken: 'server.py', 'server2.py'. */
export function freeName(wanted: string, taken: readonly string[]): string {
  if (!taken.includes(wanted)) return wanted
  const stem = wanted.replace(/\.py$/, '')
  for (let n = 2; ; n++) if (!taken.includes(`${stem}${n}.py`)) return `${stem}${n}.py`
}

interface Kept {
  version: 1
  current: string
  programs: readonly OpenProgram[]
}

/** What is kept; undefined where it is more than can be. */
export function encode(programs: readonly OpenProgram[], current: string): string | undefined {
  const text = JSON.stringify({ version: 1, current, programs } satisfies Kept)
  return text.length <= MAX_KEPT ? text : undefined
}

/** What was kept, as far as it can be trusted: anybody may have written there. undefined where there is nothing. */
export function decode(text: string | null): { programs: OpenProgram[]; current: string } | undefined {
  if (!text) return undefined
  let kept: unknown
  try {
    kept = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof kept !== 'object' || kept === null || (kept as Kept).version !== 1 || !Array.isArray((kept as Kept).programs)) return undefined
  const programs = (kept as Kept).programs.slice(0, MAX_OPEN).filter(isProgram)
  if (programs.length === 0 || new Set(programs.map((one) => one.id)).size < programs.length) return undefined
  const { current } = kept as Kept
  return { programs, current: programs.some((one) => one.id === current) ? current : (programs[0] as OpenProgram).id }
}

function isProgram(one: OpenProgram | null): one is OpenProgram {
  return typeof one === 'object' && one !== null && typeof one.id === 'string' && typeof one.name === 'string' && fileName(one.name) === one.name
    && typeof one.source === 'string' && one.source.length <= MAX_SOURCE && typeof one.safe === 'string' && typeof one.args === 'string'
    && Array.isArray(one.breakpoints) && one.breakpoints.every((line) => Number.isInteger(line) && line > 0)
}
