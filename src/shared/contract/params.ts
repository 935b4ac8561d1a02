/** The parameters of a built-in program, as data: the CLI's options, the forms of the UI and the validators derive from it. */
import * as v from 'valibot'

export type Param =
  | { kind: 'text'; default: string; maxBytes?: number; optional?: boolean }
  | { kind: 'host'; default: string }
  | { kind: 'port'; default: number; /** port 0: the kernel chooses */ allowZero?: boolean }
  | { kind: 'integer'; default: number; min: number; max: number }
  | { kind: 'number'; default: number; min: number; max: number }
  | { kind: 'choice'; default: string; choices: readonly string[] }
  | { kind: 'flag'; default: boolean }

export type ParamsSchema = Readonly<Record<string, Param>>

type ValueOf<P extends Param> =
  P extends { kind: 'choice'; choices: readonly (infer C)[] } ? C
  : P extends { kind: 'flag' } ? boolean
  : P extends { kind: 'port' | 'integer' | 'number' } ? number
  : string

export type ParamValues<S extends ParamsSchema> = { -readonly [K in keyof S]: ValueOf<S[K]> }

const encoder = new TextEncoder()

function schemaOf(name: string, p: Param): v.GenericSchema<unknown, unknown> {
  switch (p.kind) {
    case 'text':
      return v.optional(v.pipe(v.string(`${name} must be text`),
        v.check((s) => encoder.encode(s).length <= (p.maxBytes ?? 65_536), `${name} must be at most ${p.maxBytes ?? 65_536} bytes`)), p.default)
    case 'host':
      return v.optional(v.pipe(v.string(`${name} must be an address or a host name`), v.trim(),
        v.nonEmpty(`${name} must not be empty: give an address such as 127.0.0.1`), v.maxLength(255, `${name} must be at most 255 characters`)), p.default)
    case 'port': {
      const min = p.allowZero ? 0 : 1
      return v.optional(v.pipe(v.number(`${name} must be a number`), v.integer(`${name} must be a whole number`),
        v.minValue(min, `${name} must be from ${min} to 65535`), v.maxValue(65_535, `${name} must be from ${min} to 65535`)), p.default)
    }
    case 'integer':
      return v.optional(v.pipe(v.number(`${name} must be a number`), v.integer(`${name} must be a whole number`),
        v.minValue(p.min, `${name} must be from ${p.min} to ${p.max}`), v.maxValue(p.max, `${name} must be from ${p.min} to ${p.max}`)), p.default)
    case 'number':
      return v.optional(v.pipe(v.number(`${name} must be a number`), v.finite(`${name} must be a number`),
        v.minValue(p.min, `${name} must be from ${p.min} to ${p.max}`), v.maxValue(p.max, `${name} must be from ${p.min} to ${p.max}`)), p.default)
    case 'choice':
      return v.optional(v.picklist(p.choices as readonly string[], `${name} must be one of: ${p.choices.join(', ')}`), p.default)
    case 'flag':
      return v.optional(v.boolean(`${name} must be true or false`), p.default)
    default:
      return p satisfies never
  }
}

/** A validator for the whole set; unknown names are refused, missing ones get their defaults. */
export function paramsValidator<S extends ParamsSchema>(schema: S): v.GenericSchema<unknown, ParamValues<S>> {
  const entries = Object.fromEntries(Object.entries(schema).map(([name, p]) => [name, schemaOf(name, p)]))
  return v.strictObject(entries) as unknown as v.GenericSchema<unknown, ParamValues<S>>
}
