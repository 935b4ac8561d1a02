/** Values as Python's repr() prints them. */
import { pyFloat, type PyValue } from './py-value'
import { pythonBytes, pythonStr } from './python-bytes'

export function pyRepr(value: PyValue): string {
  switch (value.type) {
    case 'int': return value.value.toString()
    case 'float': return pyFloat(value.value)
    case 'str': return pythonStr(value.value)
    case 'bytes': return pythonBytes(value.value)
    case 'bool': return value.value ? 'True' : 'False'
    case 'None': return 'None'
    case 'list': return `[${value.items.map(pyRepr).join(', ')}]`
    case 'tuple': return value.items.length === 1 ? `(${pyRepr(value.items[0]!)},)` : `(${value.items.map(pyRepr).join(', ')})`
    case 'set': return value.items.length === 0 ? 'set()' : `{${value.items.map(pyRepr).join(', ')}}`
    case 'dict': return `{${value.items.map(([key, item]) => `${pyRepr(key)}: ${pyRepr(item)}`).join(', ')}}`
    default: return value satisfies never
  }
}
