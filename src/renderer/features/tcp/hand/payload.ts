/** What a person sends: text with escapes, hex, a file, or what the Bytes page made. */
import { parseEscapes } from '../../../../shared/bytes/escapes'
import { decodeHex } from '../../../../shared/bytes/hex'
import type { LocatedError } from '../../../../shared/bytes/located'
import { ok, type Result } from '../../../../shared/result'

export type PayloadKind = 'text' | 'hex' | 'file' | 'page'
export interface Payload { kind: PayloadKind; text: string; hex: string; file?: { name: string; bytes: Uint8Array }; page?: Uint8Array | undefined }

export function payloadBytes(payload: Payload): Result<Uint8Array, LocatedError> {
  switch (payload.kind) {
    case 'text': return parseEscapes(payload.text)
    case 'hex': return decodeHex(payload.hex)
    case 'file': return ok(payload.file?.bytes ?? new Uint8Array(0))
    case 'page': return ok(payload.page ?? new Uint8Array(0))
    default: return payload.kind satisfies never
  }
}
