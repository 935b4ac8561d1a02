/** Starts built-in programs: validates their parameters and runs them beside their Python twins. */
import * as v from 'valibot'
import { paramsValidator } from '../shared/contract/params'
import { fail, ok, type Result } from '../shared/result'
import type { Plain } from '../shared/trace/events'
import type { Run } from './kernel/objects'
import type { Processes, RunEnd } from './kernel/process'
import { programs, type AnyProgram } from './programs'
import { twinLines, twinOf, type Twin } from './programs/twin'

interface Chosen {
  program: AnyProgram
  params: Record<string, never>
}

/** The program and its parameters with their defaults, or what is wrong with them and where. */
export function choose(id: string, given: Record<string, unknown>): Result<Chosen> {
  const program = programs.get(id)
  if (!program) {
    return fail({ code: 'INVALID', field: 'program', message: `there is no program ${JSON.stringify(id)}: choose one of ${[...programs.keys()].join(', ')}` })
  }
  const parsed = v.safeParse(paramsValidator(program.params), given)
  if (parsed.success) {
    const params = parsed.output as Record<string, never>
    const wrong = program.check?.(params)
    return wrong ? fail(wrong) : ok({ program, params })
  }
  const issue = parsed.issues[0]
  const field = String(issue.path?.[0]?.key ?? '')
  const known = field in program.params
  return fail({
    code: 'INVALID', field,
    message: known ? issue.message : `${id} has no parameter ${JSON.stringify(field)}: it takes ${Object.keys(program.params).join(', ')}`,
  })
}

/** The changed parameters of a running program, validated; only its live ones may change. */
export function change(id: string, given: Record<string, unknown>): Result<Record<string, Plain>> {
  const live: readonly string[] = programs.get(id)?.live ?? []
  const fixed = Object.keys(given).find((name) => !live.includes(name))
  if (fixed !== undefined) {
    return fail({ code: 'INVALID', field: fixed, message: `${id} cannot change ${JSON.stringify(fixed)} while it runs: stop it and start it anew` })
  }
  const chosen = choose(id, given)
  if (!chosen.ok) return chosen
  return ok(Object.fromEntries(Object.keys(given).map((name) => [name, (chosen.value.params as Record<string, Plain>)[name]!])))
}

export function twin(id: string, given: Record<string, unknown>): Result<Twin> {
  const chosen = choose(id, given)
  return chosen.ok ? ok(twinOf(chosen.value.program, chosen.value.params)) : chosen
}

export function startProgram(processes: Processes, id: string, given: Record<string, unknown>): Result<{ run: Run; ended: Promise<RunEnd> }> {
  const chosen = choose(id, given)
  if (!chosen.ok) return chosen
  const { program, params } = chosen.value
  return ok(processes.start({
    program: id,
    params: params as Record<string, Plain>,
    twin: twinLines(twinOf(program, params).source),
    main: (sys) => program.main(sys, params),
  }))
}
