/** The pages, in the order of the rail. */
import type { Component } from 'vue'
import {
  ArrowLeftRight, Binary, Cable, FolderClock, Globe, House, Megaphone, Network, Rows3, Send, ServerCog, SquareFunction, SquareTerminal, Tags, UsersRound,
} from '@lucide/vue'

export type PageId =
  | 'home' | 'python' | 'tcp' | 'servers' | 'framing' | 'udp' | 'multicast' | 'broadcast' | 'relay' | 'http' | 'rpc' | 'bytes' | 'addresses' | 'names' | 'sessions'

export interface PageEntry {
  id: PageId
  path: string
  icon: Component
  page: () => Promise<Component>
}

export const PAGES: readonly PageEntry[] = [
  { id: 'home', path: '/home', icon: House, page: () => import('../features/home/HomePage.vue') },
  { id: 'python', path: '/python', icon: SquareTerminal, page: () => import('../features/python/PythonPage.vue') },
  { id: 'tcp', path: '/tcp', icon: ArrowLeftRight, page: () => import('../features/tcp/TcpPage.vue') },
  { id: 'servers', path: '/servers', icon: ServerCog, page: () => import('../features/servers/ServersPage.vue') },
  { id: 'framing', path: '/framing', icon: Rows3, page: () => import('../features/framing/FramingPage.vue') },
  { id: 'udp', path: '/udp', icon: Send, page: () => import('../features/udp/UdpPage.vue') },
  { id: 'multicast', path: '/multicast', icon: UsersRound, page: () => import('../features/multicast/MulticastPage.vue') },
  { id: 'broadcast', path: '/broadcast', icon: Megaphone, page: () => import('../features/broadcast/BroadcastPage.vue') },
  { id: 'relay', path: '/relay', icon: Cable, page: () => import('../features/relay/RelayPage.vue') },
  { id: 'http', path: '/http', icon: Globe, page: () => import('../features/http/HttpPage.vue') },
  { id: 'rpc', path: '/rpc', icon: SquareFunction, page: () => import('../features/rpc/RpcPage.vue') },
  { id: 'bytes', path: '/bytes', icon: Binary, page: () => import('../features/bytes/BytesPage.vue') },
  { id: 'addresses', path: '/addresses', icon: Network, page: () => import('../features/addresses/AddressesPage.vue') },
  { id: 'names', path: '/names', icon: Tags, page: () => import('../features/names/NamesPage.vue') },
  { id: 'sessions', path: '/sessions', icon: FolderClock, page: () => import('../features/sessions/SessionsPage.vue') },
]
