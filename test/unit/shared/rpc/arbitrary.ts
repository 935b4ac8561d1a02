/** Any value that XML-RPC can carry. */
import fc from 'fast-check'
import type { RpcValue } from '../../../../src/shared/rpc/value'

/** Text that XML 1.0 can hold. */
export const xmlText = fc.string({ unit: 'binary', maxLength: 20 })
  .map((text) => text.replace(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, ''))

const scalar: fc.Arbitrary<RpcValue> = fc.oneof(
  fc.integer().map((n): RpcValue => ({ type: 'int', value: BigInt(n) })),
  fc.boolean().map((value): RpcValue => ({ type: 'boolean', value })),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value): RpcValue => ({ type: 'double', value })),
  xmlText.map((value): RpcValue => ({ type: 'string', value })),
  fc.uint8Array({ maxLength: 130 }).map((value): RpcValue => ({ type: 'base64', value })),
  fc.constant<RpcValue>({ type: 'dateTime', value: '20260131T09:15:00' }),
  fc.constant<RpcValue>({ type: 'nil' }),
)
export const rpcValue: fc.Arbitrary<RpcValue> = fc.letrec<{ value: RpcValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    scalar,
    fc.array(tie('value'), { maxLength: 4 }).map((value): RpcValue => ({ type: 'array', value })),
    fc.dictionary(xmlText, tie('value'), { maxKeys: 4 }).map((members): RpcValue =>
      ({ type: 'struct', value: Object.entries(members).map(([name, value]) => ({ name, value })) })),
  ),
})).value
