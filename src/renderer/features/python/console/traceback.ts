/** Python's traceback, read: the frames, and the exception's own line. */

export interface Frame {
  file: string
  line: number
  func: string
}
export interface Traceback {
  frames: Frame[]
  /** 'ConnectionRefusedError' */
  type: string
  /** what stands behind the colon; '' where there is nothing */
  message: string
}

const FRAME = /^\s*File "(.+)", line (\d+)(?:, in (.+))?$/
/** A class's dotted name, then its text; at the left margin. */
const EXCEPTION = /^((?:[A-Za-z_]\w*\.)*[A-Z]\w*|KeyboardInterrupt|SystemExit)(?:: (.*))?$/

/** The frame that one line of a traceback names. */
export function frameOf(text: string): Frame | undefined {
  const match = FRAME.exec(text.trimEnd())
  return match ? { file: match[1]!, line: Number(match[2]), func: match[3] ?? '' } : undefined
}

/**
 * The last traceback among these lines of stderr; undefined where there is none. Where one exception led to another,
 * that is the last of them: the one that ended the program.
 */
export function lastTraceback(lines: readonly string[]): Traceback | undefined {
  for (let at = lines.length - 1; at >= 0; at--) {
    const match = EXCEPTION.exec(lines[at]!.trimEnd())
    if (!match) continue
    const frames: Frame[] = []
    for (let above = at - 1; above >= 0; above--) {
      const line = lines[above]!
      if (/^(Traceback \(most recent call last\)|Exception in thread .*):?$/.test(line.trimEnd())) break
      const frame = frameOf(line)
      if (frame) frames.unshift(frame)
      // a line of its own at the left margin is no part of it
      else if (/^\S/.test(line)) break
    }
    if (frames.length > 0) return { frames, type: match[1]!.split('.').at(-1)!, message: match[2] ?? '' }
  }
  return undefined
}

/** The deepest frame within the program's own file: the line to look at. */
export const ownFrame = (traceback: Traceback, file: string): Frame | undefined =>
  traceback.frames.findLast((frame) => frame.file === file || frame.file.endsWith(`/${file}`))
