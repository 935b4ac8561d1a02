/** The programs that can be opened: short starters of this page, and the built-in programs' twins in the order of the courses. */
import clientSource from './starters/client.py?raw'
import multiplexSource from './starters/multiplex.py?raw'
import serverSource from './starters/server.py?raw'
import talkSource from './starters/talk.py?raw'
import threadsSource from './starters/threads.py?raw'
import udpClientSource from './starters/udp-client.py?raw'
import udpServerSource from './starters/udp-server.py?raw'

/** `python.examples.<group>` names the group. */
export type ExampleGroup = 'start' | 'tcp' | 'models' | 'framing' | 'udp' | 'groups' | 'http' | 'rpc'

interface Common {
  /** `python.example.<id>` says in a few words what it is */
  id: string
  group: ExampleGroup
  /** the server that it needs: an example's id */
  needs?: string
}
export type Example = Common & ({ file: string; source: string } | { program: string; params: Record<string, string | number | boolean> })

const twin = (id: string, group: ExampleGroup, program: string, params: Record<string, string | number | boolean> = {}, needs?: string): Example =>
  ({ id, group, program, params, ...(needs ? { needs } : {}) })
const starter = (id: string, file: string, source: string, needs?: string): Example => ({ id, group: 'start', file, source, ...(needs ? { needs } : {}) })

export const EXAMPLES: readonly Example[] = [
  starter('server', 'server.py', serverSource),
  starter('client', 'client.py', clientSource, 'server'),
  starter('talk', 'talk.py', talkSource, 'server'),
  starter('threads', 'threads.py', threadsSource),
  starter('multiplex', 'multiplex.py', multiplexSource),
  starter('udpServer', 'udp_server.py', udpServerSource),
  starter('udpClient', 'udp_client.py', udpClientSource, 'udpServer'),

  twin('ack', 'tcp', 'tcp-server', { behaviour: 'ack', model: 'threads', port: 9999, backlog: 5 }),
  twin('hello', 'tcp', 'tcp-client', { host: 'localhost', port: 9999 }, 'ack'),
  twin('echo', 'tcp', 'tcp-server', { behaviour: 'echo', model: 'iterative', port: 50_007, backlog: 1, reuseaddr: false }),
  twin('lines', 'tcp', 'echo-client', { host: 'localhost', port: 50_007 }, 'echo'),
  twin('sum', 'tcp', 'tcp-server', { behaviour: 'sum', model: 'threads', port: 9999 }),
  twin('sumClient', 'tcp', 'tcp-client', { host: 'localhost', port: 9999, send: '1 2' }, 'sum'),
  twin('upperIterative', 'models', 'tcp-server', { behaviour: 'upper', model: 'iterative', port: 9999 }),
  twin('upperThreads', 'models', 'tcp-server', { behaviour: 'upper', model: 'threads', port: 9999 }),
  twin('upperPool', 'models', 'tcp-server', { behaviour: 'upper', model: 'pool', port: 9999 }),
  twin('upperPoll', 'models', 'tcp-server', { behaviour: 'upper', model: 'poll', port: 9999 }),
  twin('load', 'models', 'tcp-load', { port: 9999 }, 'upperThreads'),
  twin('fixedServer', 'framing', 'frame-server', { framing: 'fixed' }),
  twin('fixedClient', 'framing', 'frame-client', { framing: 'fixed' }, 'fixedServer'),
  twin('lengthServer', 'framing', 'frame-server', { framing: 'length' }),
  twin('lengthClient', 'framing', 'frame-client', { framing: 'length' }, 'lengthServer'),
  twin('delimiterServer', 'framing', 'frame-server', { framing: 'delimiter' }),
  twin('delimiterClient', 'framing', 'frame-client', { framing: 'delimiter' }, 'delimiterServer'),
  twin('lossyServer', 'udp', 'udp-server', { loss: 0.5, port: 9999 }),
  twin('retry', 'udp', 'udp-client', { port: 9999 }, 'lossyServer'),
  twin('broadcast', 'groups', 'udp-broadcast'),
  twin('chat6', 'groups', 'multicast-member', { family: 'inet6' }),
  twin('chat4', 'groups', 'multicast-member', { family: 'inet' }),
  twin('webServer', 'http', 'http-server'),
  twin('get', 'http', 'http-get', {}, 'webServer'),
  twin('rpcServer', 'rpc', 'xmlrpc-server'),
  twin('rpcClient', 'rpc', 'xmlrpc-client', {}, 'rpcServer'),
]

export const exampleOf = (id: string): Example | undefined => EXAMPLES.find((one) => one.id === id)
