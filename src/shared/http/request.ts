/** A request as bytes, the way one types it: lines that end with CRLF, and an empty one. */
export function requestText(method: string, target: string, headers: readonly (readonly [name: string, value: string])[], body = ''): string {
  return [`${method} ${target} HTTP/1.1`, ...headers.map(([name, value]) => `${name}: ${value}`), '', body].join('\r\n')
}

/** The GET of the courses: the host, and that the server is to close when it has answered. */
export const getRequest = (target: string, authority: string): string =>
  requestText('GET', target, [['Host', authority], ['Connection', 'close']])
