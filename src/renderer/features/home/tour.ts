/** What the home page leads to: the pages in the order of the courses, their examples, and ways through them. */
import type { PageId } from '../../router/pages'

export interface TourPage {
  page: PageId
  /** examples of the page, as its address takes them */
  examples: readonly string[]
}
export interface TourGroup {
  id: 'address' | 'stream' | 'datagram' | 'bytes' | 'protocol' | 'own'
  pages: readonly TourPage[]
}

export const GROUPS: readonly TourGroup[] = [
  { id: 'address', pages: [
    { page: 'addresses', examples: ['all'] },
    { page: 'names', examples: ['lookup', 'hosts', 'ports'] },
  ] },
  { id: 'stream', pages: [
    { page: 'tcp', examples: ['hello', 'several', 'queue', 'halfClose', 'fillSend', 'reset'] },
    { page: 'servers', examples: ['models', 'backlog', 'unix'] },
    { page: 'framing', examples: ['length', 'delimiter'] },
  ] },
  { id: 'datagram', pages: [
    { page: 'udp', examples: ['plain', 'retry', 'naive', 'many', 'truncation'] },
    { page: 'multicast', examples: ['chat', 'bot'] },
    { page: 'broadcast', examples: ['right'] },
    { page: 'relay', examples: ['udp', 'tcp'] },
  ] },
  { id: 'bytes', pages: [{ page: 'bytes', examples: ['text', 'struct', 'zlib', 'json'] }] },
  { id: 'protocol', pages: [
    { page: 'http', examples: ['get', 'hand'] },
    { page: 'rpc', examples: ['addtogether', 'quadratic', 'methods'] },
  ] },
  { id: 'own', pages: [
    { page: 'python', examples: ['server', 'client', 'threads', 'udpClient'] },
    { page: 'sessions', examples: [] },
  ] },
]

/** One exercise of a path: a page, and the example that begins it. */
export interface Step {
  id: string
  page: PageId
  example?: string
}
export interface Path {
  id: 'threads' | 'tcp' | 'addresses' | 'bytes' | 'services'
  steps: readonly Step[]
}

const step = (id: string, page: PageId, example?: string): Step => ({ id, page, ...(example === undefined ? {} : { example }) })

export const PATHS: readonly Path[] = [
  { id: 'threads', steps: [
    step('own', 'addresses'), step('everyAddress', 'addresses', 'all'), step('ack', 'tcp', 'hello'), step('severalClients', 'tcp', 'several'),
    step('noServer', 'tcp', 'refused'), step('webServer', 'http', 'get'), step('chat', 'multicast', 'chat'), step('chat4', 'multicast', 'chat4'),
    step('bot', 'multicast', 'bot'), step('ownServer', 'python', 'server'),
  ] },
  { id: 'tcp', steps: [
    step('ports', 'names', 'ports'), step('handshake', 'tcp', 'handshake'), step('oneAtATime', 'tcp', 'queue'), step('aborted', 'tcp', 'reset'),
    step('restart', 'tcp', 'restart'), step('halfClose', 'tcp', 'halfClose'), step('bothClose', 'tcp', 'closing'), step('noServer', 'tcp', 'refused'),
    step('noAnswer', 'tcp', 'timeout'), step('buffers', 'tcp', 'fillSend'), step('backlog', 'servers', 'backlog'), step('getByHand', 'http', 'hand'), step('ownClient', 'python', 'client'),
  ] },
  { id: 'addresses', steps: [
    step('own', 'addresses'), step('lookup', 'names', 'lookup'), step('oldNames', 'names', 'hosts'), step('constants', 'names', 'constants'),
    step('ports', 'names', 'ports'), step('first', 'tcp', 'hello'), step('sum', 'tcp', 'sum'), step('backlog', 'servers', 'backlog'),
    step('unix', 'servers', 'unix'), step('ownServer', 'python', 'server'),
  ] },
  { id: 'bytes', steps: [
    step('text', 'bytes', 'text'), step('byteOrder', 'bytes', 'struct'), step('echoed', 'tcp', 'echo'), step('handshake', 'tcp', 'handshake'),
    step('halfClose', 'tcp', 'halfClose'), step('buffers', 'tcp', 'fillSend'), step('getByHand', 'http', 'hand'), step('httpLines', 'http', 'get'),
    step('ownClient', 'python', 'client'),
  ] },
  { id: 'services', steps: [
    step('lookup', 'names', 'lookup'), step('upperUdp', 'udp', 'plain'), step('retry', 'udp', 'retry'), step('many', 'udp', 'many'),
    step('late', 'udp', 'naive'), step('broadcast', 'broadcast', 'right'), step('byteOrder', 'bytes', 'struct'), step('frames', 'framing', 'length'),
    step('lines', 'framing', 'delimiter'), step('models', 'servers', 'models'), step('zlib', 'bytes', 'zlib'), step('json', 'bytes', 'json'),
    step('addtogether', 'rpc', 'addtogether'), step('quadratic', 'rpc', 'quadratic'),
    step('ownWire', 'relay', 'udp'),
  ] },
]

/** Where an exercise or an example is. */
export const linkTo = (page: PageId, example?: string): { path: string; query?: Record<string, string> } =>
  ({ path: `/${page}`, ...(example === undefined ? {} : { query: { example } }) })
