/** How Python writes the values: repr(), which the client's twin prints, and float repr, which goes onto the wire. */
import { pythonBytes, pythonStr } from '../bytes/python-bytes'
import type { RpcValue } from './value'

/** repr(float): the shortest digits that read back as the same number, and always a point or an exponent. */
export function pythonFloat(value: number): string {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  if (Object.is(value, -0)) return '-0.0'
  const [digits, exponent] = value.toExponential().split('e') as [string, string]
  const power = Number(exponent)
  if (power >= -4 && power < 16) {
    const plain = plainOf(digits, power)
    return plain.includes('.') ? plain : `${plain}.0`
  }
  return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`
}

/** digits 'd.ddd' times ten to the power, without an exponent. */
function plainOf(digits: string, power: number): string {
  const sign = digits.startsWith('-') ? '-' : ''
  const all = digits.replace('-', '').replace('.', '')
  if (power < 0) return `${sign}0.${'0'.repeat(-power - 1)}${all}`
  const whole = all.slice(0, power + 1).padEnd(power + 1, '0')
  const rest = all.slice(power + 1)
  return `${sign}${whole}${rest === '' ? '' : `.${rest}`}`
}

/** repr() of what xmlrpc.client gives for the value (use_builtin_types off: a DateTime and a Binary have a repr of their own). */
export function pythonRepr(value: RpcValue): string {
  switch (value.type) {
    case 'int': return String(value.value)
    case 'boolean': return value.value ? 'True' : 'False'
    case 'double': return pythonFloat(value.value)
    case 'string': return pythonStr(value.value)
    case 'dateTime': return `DateTime(${pythonStr(value.value)})`
    case 'base64': return `Binary(${pythonBytes(value.value)})`
    case 'nil': return 'None'
    case 'array': return `[${value.value.map(pythonRepr).join(', ')}]`
    case 'struct': return `{${[...new Map(value.value.map((one) => [one.name, one.value]))].map(([name, one]) => `${pythonStr(name)}: ${pythonRepr(one)}`).join(', ')}}`
    default: return value satisfies never
  }
}
