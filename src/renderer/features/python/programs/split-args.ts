/** Arguments as a person types them on one line: words, with '...' or "..." round what has spaces. A lone quote is a character. */
export function splitArgs(line: string): string[] {
  const args: string[] = []
  const word = /\s*((?:"(?:\\["\\]|[^"\\]|\\(?!["\\]))*"|'[^']*'|\\.|[^\s"'\\]|["'\\])+)/gy
  for (let match = word.exec(line); match; match = word.exec(line)) {
    args.push((match[1] as string).replace(/"((?:\\["\\]|[^"\\]|\\(?!["\\]))*)"|'([^']*)'|\\(.)/g, (_, double?: string, single?: string, escaped?: string) =>
      double !== undefined ? double.replace(/\\(["\\])/g, '$1') : single ?? escaped ?? ''))
  }
  return args
}
