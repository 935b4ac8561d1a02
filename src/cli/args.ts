/**
 * What the command line asks for. Everything wrong with it is a UsageError, whose message says in one line what was
 * given and what is allowed.
 */
import * as v from 'valibot'
import { paceSchema, type Pace, type Scope } from '../shared/contract/contract'
import { paramsValidator, type Param, type ParamsSchema } from '../shared/contract/params'
import type { Plain } from '../shared/trace/events'

export class UsageError extends Error {}

export interface Listed {
  id: string
  params: ParamsSchema
}

export type Command =
  | { do: 'usage' }
  | { do: 'list' }
  | { do: 'help'; program: string }
  | { do: 'run'; program: string; params: Record<string, Plain>; trace?: string; capture?: string; pace: Pace; scope: Scope; allowPublic: boolean }

/** The options of the command itself, with what they take. */
export const OWN_OPTIONS = { trace: 'FILE', capture: 'FILE', pace: 'run|slow:MS', scope: 'computer|lab', 'allow-public': 'true|false' } as const

/** What an option takes, for a person: '0 to 65535', 'ack|echo'. */
export function takes(p: Param): string {
  switch (p.kind) {
    case 'port': return `${p.allowZero ? 0 : 1} to 65535`
    case 'integer': case 'number': return `${p.min} to ${p.max}`
    case 'choice': return p.choices.join('|')
    case 'flag': return 'true|false'
    case 'host': return 'an address or a host name'
    case 'text': return 'text'
    default: return p satisfies never
  }
}

export function parseArgs(argv: readonly string[], programs: readonly Listed[]): Command {
  const [first, ...rest] = argv
  const ids = programs.map((p) => p.id).join(', ')
  if (first === undefined) throw new UsageError(`name a program: ${ids}; or: list, --help`)
  if (first === '--help' || first === '-h' || first === 'help') return { do: 'usage' }
  if (first === 'list') {
    if (rest.length > 0) throw new UsageError(`list takes no options, not '${rest[0]}'`)
    return { do: 'list' }
  }
  const program = programs.find((p) => p.id === first)
  if (!program) throw new UsageError(`there is no program '${first}': the programs are ${ids}`)
  if (rest.includes('--help') || rest.includes('-h')) return { do: 'help', program: program.id }

  const given = readOptions(rest, program)
  const own = (option: keyof typeof OWN_OPTIONS): string | undefined => {
    const value = given.get(option)
    given.delete(option)
    return value
  }
  const trace = own('trace')
  if (trace === '') throw new UsageError('--trace needs the name of a file')
  const capture = own('capture')
  if (capture === '') throw new UsageError('--capture needs the name of a file')
  const pace = paceOf(own('pace') ?? 'run')
  const scope = scopeOf(own('scope') ?? 'computer')
  const allowPublic = flagOf('allow-public', own('allow-public') ?? 'false')
  if (allowPublic && scope !== 'lab') throw new UsageError('--allow-public is for --scope lab: in the scope computer nothing leaves this computer')
  return {
    do: 'run', program: program.id, params: paramsOf(program, given), ...(trace !== undefined && { trace }), ...(capture !== undefined && { capture }),
    pace, scope, allowPublic,
  }
}

/** `--name value` and `--name=value`; a value that begins with -- needs the second form. */
function readOptions(words: readonly string[], program: Listed): Map<string, string> {
  const known: Record<string, string> = { ...Object.fromEntries(Object.entries(program.params).map(([name, p]) => [name, takes(p)])), ...OWN_OPTIONS }
  const given = new Map<string, string>()
  for (let i = 0; i < words.length; i++) {
    const option = /^--([^=]+)(?:=([^]*))?$/.exec(words[i]!)
    if (!option) throw new UsageError(`'${words[i]}' is not an option: write --name value`)
    const name = option[1]!
    if (!Object.hasOwn(known, name)) {
      throw new UsageError(`${program.id} has no option --${name}: it has ${Object.keys(known).map((n) => `--${n}`).join(', ')}`)
    }
    if (given.has(name)) throw new UsageError(`--${name} is given twice`)
    // a flag without a value is on
    const bare = (program.params[name]?.kind === 'flag' || name === 'allow-public') && option[2] === undefined && (words[i + 1] ?? '--').startsWith('--')
    const value = bare ? 'true' : option[2] ?? words[++i]
    if (value === undefined || (option[2] === undefined && value.startsWith('--'))) throw new UsageError(`--${name} needs a value: ${known[name]}`)
    given.set(name, value)
  }
  return given
}

function paramsOf(program: Listed, given: ReadonlyMap<string, string>): Record<string, Plain> {
  const typed = Object.fromEntries([...given].map(([name, value]) => [name, typedValue(name, program.params[name]!, value)]))
  const checked = v.safeParse(paramsValidator(program.params), typed)
  if (!checked.success) throw new UsageError(`--${checked.issues[0].message}`)
  return checked.output as Record<string, Plain>
}

/** The value as the parameter's kind has it; what it may be beyond that is the validator's business. */
function typedValue(name: string, p: Param, value: string): string | number | boolean {
  switch (p.kind) {
    case 'port': case 'integer': case 'number':
      if (!/^-?(?:\d+(?:\.\d+)?|\.\d+)$/.test(value)) throw new UsageError(`--${name} must be a number from ${takes(p)}, not '${value}'`)
      return Number(value)
    case 'flag':
      return flagOf(name, value)
    case 'choice':
      if (!p.choices.includes(value)) throw new UsageError(`--${name} must be one of: ${p.choices.join(', ')}; not '${value}'`)
      return value
    case 'host': case 'text':
      return value
    default:
      return p satisfies never
  }
}

function flagOf(name: string, value: string): boolean {
  if (value !== 'true' && value !== 'false') throw new UsageError(`--${name} must be true or false, not '${value}'`)
  return value === 'true'
}

function paceOf(text: string): Pace {
  const slow = /^slow:(\d+(?:\.\d+)?)$/.exec(text)
  const pace = v.safeParse(paceSchema, slow ? { mode: 'slow', ms: Number(slow[1]) } : { mode: text })
  if (!pace.success || pace.output.mode === 'step') throw new UsageError(`--pace must be run or slow:MS with 1 to 60000 milliseconds, not '${text}'`)
  return pace.output
}

function scopeOf(text: string): Scope {
  if (text !== 'computer' && text !== 'lab') throw new UsageError(`--scope must be computer or lab, not '${text}'`)
  return text
}
