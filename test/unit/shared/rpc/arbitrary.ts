/** Any value that XML-RPC can carry. */
import fc from 'fast-check'
import type { RpcValue } from '../../../../src/shared/rpc/value'

/** Text that XML 1.0 can hold. */
export const xmlText = fc.string({ unit: 'binary', maxLength: 20 })
  .map((text) => text.replace(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, ''))

/** Text whose characters every Unicode version of the last years has: what is printable does not depend on the version then. */
export const oldText = fc.string({ unit: fc.constantFrom(...'abZ09 <&>"\'\t\n\\\u00e9\u00a0\u200b\u202e안녕こ漢\ud83d\ude00]]>;'), maxLength: 20 })

const scalar = (text: fc.Arbitrary<string>): fc.Arbitrary<RpcValue> => fc.oneof(
  fc.integer().map((n): RpcValue => ({ type: 'int', value: BigInt(n) })),
  fc.boolean().map((value): RpcValue => ({ type: 'boolean', value })),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value): RpcValue => ({ type: 'double', value })),
  text.map((value): RpcValue => ({ type: 'string', value })),
  fc.uint8Array({ maxLength: 130 }).map((value): RpcValue => ({ type: 'base64', value })),
  fc.constant<RpcValue>({ type: 'dateTime', value: '20260131T09:15:00' }),
  fc.constant<RpcValue>({ type: 'nil' }),
)
export const rpcValueOf = (text: fc.Arbitrary<string>): fc.Arbitrary<RpcValue> => fc.letrec<{ value: RpcValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    scalar(text),
    fc.array(tie('value'), { maxLength: 4 }).map((value): RpcValue => ({ type: 'array', value })),
    fc.dictionary(text, tie('value'), { maxKeys: 4 }).map((members): RpcValue =>
      ({ type: 'struct', value: Object.entries(members).map(([name, value]) => ({ name, value })) })),
  ),
})).value
export const rpcValue = rpcValueOf(xmlText)
