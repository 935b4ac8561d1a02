/** The built-in programs, by id, in the order in which a person meets them. */
import type { Program } from './program'
import type { ProgramInfo } from '../../shared/contract/contract'
import { echoClient } from './echo-client'
import { frameClient } from './frame-client'
import { frameServer } from './frame-server'
import { httpGet } from './http-get'
import { httpServer } from './http-server'
import { multicastMember } from './multicast-member'
import { relay } from '../relay/relay'
import { tcpClient } from './tcp-client'
import { tcpLoad } from './tcp-load'
import { tcpServer } from './tcp-server'
import { udpBroadcast } from './udp-broadcast'
import { udpClient } from './udp-client'
import { udpServer } from './udp-server'
import { xmlrpcClient } from './xmlrpc-client'
import { xmlrpcServer } from './xmlrpc-server'

/** A program whose parameters are known only at run time; they are validated before they reach it. */
export type AnyProgram = Program

const all = [tcpServer, tcpClient, echoClient, tcpLoad, frameServer, frameClient, udpServer, udpClient, udpBroadcast, multicastMember, relay, httpServer, httpGet, xmlrpcServer, xmlrpcClient] as unknown as AnyProgram[]

export const programs: ReadonlyMap<string, AnyProgram> = new Map(all.map((p) => [p.id, p]))

export const programInfos = (): ProgramInfo[] => all.map(({ id, params, live }) => ({ id, params, live: [...(live ?? [])] }))
