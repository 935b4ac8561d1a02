/** Schemas that several parts of the contract are made of. */
import * as v from 'valibot'

/** Largest payload that one by-hand send may carry, bytes. */
export const MAX_HAND_PAYLOAD = 16 * 1024 * 1024

const text = (max: number) => v.pipe(v.string(), v.maxLength(max))

export const port = v.pipe(v.number(), v.integer(), v.minValue(0, 'the port must be from 0 to 65535'), v.maxValue(65_535, 'the port must be from 0 to 65535'))
export const sockAddrSchema = v.variant('family', [
  v.strictObject({ family: v.literal('inet'), host: text(255), port }),
  v.strictObject({ family: v.literal('inet6'), host: text(255), port, scope: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffff_ffff))) }),
  v.strictObject({ family: v.literal('unix'), path: text(4096) }),
])
