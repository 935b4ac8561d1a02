/** Windows' node under Wine runs these tests too. What Wine 8 lacks of Windows, seen there; the cases that need it are left out. */
export const WINE_LACKS = {
  unix: 'Unix sockets (Windows 10 has them)',
  tcpInfo: 'SIO_TCP_INFO',
  groupByIndex: 'an IPv4 interface named by its index (0.0.0.x) when a group is joined',
  icmp: 'the ICMP error of a connected UDP socket: its own server takes it away',
  reset: 'the error of a recv() that comes after the RST: its own server takes it away, and recv() ends as after a FIN',
  closedRows: 'rows in GetTcpTable for connections that no process has open (FIN_WAIT_2, TIME_WAIT)',
} as const

const onWine = process.platform === 'win32' && process.env.WINEPREFIX !== undefined
export const lacks = (_what: keyof typeof WINE_LACKS): boolean => onWine
export const onWindows = process.platform === 'win32'
