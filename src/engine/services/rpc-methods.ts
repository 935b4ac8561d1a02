/** The methods of the course's XML-RPC server, with the faults that Python's own server gives for the same mistakes. */
import { array, double, FAULT, RpcError, string, type RpcFault, type RpcType, type RpcValue } from '../../shared/rpc/value'
import { faultValue } from '../../shared/rpc/write'

/** What a method raises: the fault that its caller gets. */
export class MethodFault extends Error {
  readonly fault: RpcFault
  /** `type` is Python's exception: the fault's text is written as SimpleXMLRPCServer writes it */
  constructor(type: string, message: string) {
    super(message)
    this.fault = { code: FAULT.application, message: `<class '${type}'>:${message}` }
  }
}
const typeError = (message: string): MethodFault => new MethodFault('TypeError', message)

interface Method { help: string; parameters: string[] | undefined; call(params: RpcValue[]): RpcValue }

const PYTHON_TYPE: Record<RpcType, string> = {
  int: 'int', boolean: 'bool', double: 'float', string: 'str', dateTime: 'DateTime', base64: 'Binary', array: 'list', struct: 'dict', nil: 'NoneType',
}
const typeOf = (value: RpcValue): string => PYTHON_TYPE[value.type]

/** Python's a + b. */
function add(a: RpcValue, b: RpcValue): RpcValue {
  const [x, y] = [number(a), number(b)]
  if (x && y) {
    if (x.type === 'int' && y.type === 'int') return { type: 'int', value: x.value + y.value }
    return double(Number(x.value) + Number(y.value))
  }
  if (a.type === 'string') {
    if (b.type !== 'string') throw typeError(`can only concatenate str (not "${typeOf(b)}") to str`)
    return string(a.value + b.value)
  }
  if (a.type === 'array') {
    if (b.type !== 'array') throw typeError(`can only concatenate list (not "${typeOf(b)}") to list`)
    return array([...a.value, ...b.value])
  }
  throw typeError(`unsupported operand type(s) for +: '${typeOf(a)}' and '${typeOf(b)}'`)
}

type Num = { type: 'int'; value: bigint } | { type: 'double'; value: number }
/** A bool is an int in Python. */
function number(value: RpcValue): Num | undefined {
  if (value.type === 'boolean') return { type: 'int', value: value.value ? 1n : 0n }
  return value.type === 'int' || value.type === 'double' ? value : undefined
}

/** The distinct real roots of a x^2 + b x + c, in rising order. */
function quadratic(a: RpcValue, b: RpcValue, c: RpcValue): RpcValue {
  const [x, y, z] = [a, b, c].map((value) => {
    const n = number(value)
    if (!n) throw typeError(`a coefficient is a number, not '${typeOf(value)}'`)
    return Number(n.value)
  }) as [number, number, number]
  const discriminant = y * y - 4 * x * z
  if (discriminant < 0) return array([])
  if (x === 0) throw new MethodFault('ZeroDivisionError', 'float division by zero')
  const root = Math.sqrt(discriminant)
  const roots = [(-y - root) / (2 * x), (-y + root) / (2 * x)].map((r) => (r === 0 ? 0 : r)).sort((p, q) => p - q)
  return array([...new Set(roots)].map(double))
}

const methods: Map<string, Method> = new Map(Object.entries<Method>({
  addtogether: {
    help: 'Adds any number of things: numbers, texts or lists.', parameters: undefined,
    call: (things) => {
      if (things.length === 0) throw typeError('reduce() of empty iterable with no initial value')
      return things.reduce(add)
    },
  },
  quadratic: {
    help: 'The distinct real roots of a*x*x + b*x + c.', parameters: ['a', 'b', 'c'],
    call: ([a, b, c]) => quadratic(a!, b!, c!),
  },
  'system.listMethods': {
    help: 'Lists the names of the methods.', parameters: [],
    call: () => array([...methods.keys()].sort().map(string)),
  },
  'system.methodHelp': {
    help: 'What a method says of itself.', parameters: ['name'],
    call: ([name]) => string(methods.get(name!.type === 'string' ? name!.value : '')?.help ?? ''),
  },
  'system.methodSignature': {
    help: 'The types of a method: Python\'s server does not know them, and neither does this one.', parameters: ['name'],
    call: () => string('signatures not supported'),
  },
  'system.multicall': {
    help: 'Calls several methods in one request: a list of structs of methodName and params.', parameters: ['calls'],
    call: ([calls]) => {
      if (calls!.type !== 'array') throw typeError(`'${typeOf(calls!)}' object is not iterable`)
      return array(calls!.value.map(oneOfMany))
    },
  },
}))

function oneOfMany(call: RpcValue): RpcValue {
  const of = (name: string): RpcValue | undefined => (call.type === 'struct' ? call.value.findLast((one) => one.name === name)?.value : undefined)
  const [method, params] = [of('methodName'), of('params')]
  try {
    if (method?.type !== 'string') throw new MethodFault('KeyError', "'methodName'")
    if (params?.type !== 'array') throw new MethodFault('KeyError', "'params'")
    // a multicall in a multicall could double the work with each level
    if (method.value === 'system.multicall') throw new MethodFault('Exception', 'a multicall must not hold another')
    return array([callMethod(method.value, params.value)])
  } catch (error) {
    return faultValue(faultOf(error))
  }
}

/** Throws a MethodFault where the method fails or does not exist. */
export function callMethod(name: string, params: RpcValue[]): RpcValue {
  const method = methods.get(name)
  if (!method) throw new MethodFault('Exception', `method "${name}" is not supported`)
  const { parameters } = method
  if (parameters && params.length > parameters.length) {
    const takes = parameters.length === 1 ? '1 positional argument' : `${parameters.length} positional arguments`
    throw typeError(`${name}() takes ${takes} but ${params.length} ${params.length === 1 ? 'was' : 'were'} given`)
  }
  const missing = parameters?.slice(params.length).map((one) => `'${one}'`) ?? []
  if (missing.length > 0) {
    const last = missing.length > 2 ? `${missing.slice(0, -1).join(', ')}, and ${missing.at(-1)}` : missing.join(' and ')
    throw typeError(`${name}() missing ${missing.length} required positional argument${missing.length > 1 ? 's' : ''}: ${last}`)
  }
  return method.call(params)
}

/** Of anything thrown while a call was answered: a bug goes on. */
export function faultOf(error: unknown): RpcFault {
  if (error instanceof MethodFault) return error.fault
  if (error instanceof RpcError) return { code: error.code, message: error.message }
  throw error
}
