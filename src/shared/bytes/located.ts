/**
 * An error in text that a person typed, with its place. `at` and `length` are UTF-16 units, so that an input field can
 * select exactly that. `code` is for the UI's own words; `message` is English, for the CLI and for logs.
 */
export interface LocatedError {
  code: 'hex-digit' | 'hex-odd' | 'escape-unknown' | 'escape-end' | 'escape-hex' | 'escape-code-point' | 'lone-surrogate'
  at: number
  length: number
  message: string
}

export const located = (code: LocatedError['code'], at: number, length: number, message: string): { ok: false; error: LocatedError } => ({
  ok: false,
  error: { code, at, length, message: `${message} at position ${at + 1}` },
})
