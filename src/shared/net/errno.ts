/**
 * The errors of the socket API by POSIX name: their numbers on each platform and strerror(3)'s English text.
 *
 * Windows numbers are Winsock's (WSAE...), which are 10000 and the BSD number; the few that Winsock lacks have none.
 * EAGAIN and EWOULDBLOCK are one number on Linux and macOS, and WSAEWOULDBLOCK on Windows: the lab says EAGAIN.
 */
export type PlatformName = 'linux' | 'darwin' | 'win32'

type Row = readonly [name: string, linux: number, darwin: number, win32: number | null, text: string]

const ROWS: readonly Row[] = [
  ['EPERM', 1, 1, null, 'Operation not permitted'],
  ['ENOENT', 2, 2, null, 'No such file or directory'],
  ['EINTR', 4, 4, 10004, 'Interrupted system call'],
  ['EIO', 5, 5, null, 'Input/output error'],
  ['ENXIO', 6, 6, null, 'No such device or address'],
  ['EBADF', 9, 9, 10009, 'Bad file descriptor'],
  ['EAGAIN', 11, 35, 10035, 'Resource temporarily unavailable'],
  ['ENOMEM', 12, 12, 8, 'Cannot allocate memory'],
  ['EACCES', 13, 13, 10013, 'Permission denied'],
  ['EFAULT', 14, 14, 10014, 'Bad address'],
  ['EBUSY', 16, 16, null, 'Device or resource busy'],
  ['EEXIST', 17, 17, null, 'File exists'],
  ['ENODEV', 19, 19, null, 'No such device'],
  ['ENOTDIR', 20, 20, null, 'Not a directory'],
  ['EISDIR', 21, 21, null, 'Is a directory'],
  ['EINVAL', 22, 22, 10022, 'Invalid argument'],
  ['ENFILE', 23, 23, null, 'Too many open files in system'],
  ['EMFILE', 24, 24, 10024, 'Too many open files'],
  ['ENOSPC', 28, 28, null, 'No space left on device'],
  ['EPIPE', 32, 32, null, 'Broken pipe'],
  ['EDOM', 33, 33, null, 'Numerical argument out of domain'],
  ['ERANGE', 34, 34, null, 'Numerical result out of range'],
  ['ENAMETOOLONG', 36, 63, 10063, 'File name too long'],
  ['ENOSYS', 38, 78, null, 'Function not implemented'],
  ['ELOOP', 40, 62, 10062, 'Too many levels of symbolic links'],
  ['EPROTO', 71, 100, null, 'Protocol error'],
  ['ENOTSOCK', 88, 38, 10038, 'Socket operation on non-socket'],
  ['EDESTADDRREQ', 89, 39, 10039, 'Destination address required'],
  ['EMSGSIZE', 90, 40, 10040, 'Message too long'],
  ['EPROTOTYPE', 91, 41, 10041, 'Protocol wrong type for socket'],
  ['ENOPROTOOPT', 92, 42, 10042, 'Protocol not available'],
  ['EPROTONOSUPPORT', 93, 43, 10043, 'Protocol not supported'],
  ['ESOCKTNOSUPPORT', 94, 44, 10044, 'Socket type not supported'],
  ['EOPNOTSUPP', 95, 102, 10045, 'Operation not supported'],
  ['EPFNOSUPPORT', 96, 46, 10046, 'Protocol family not supported'],
  ['EAFNOSUPPORT', 97, 47, 10047, 'Address family not supported by protocol'],
  ['EADDRINUSE', 98, 48, 10048, 'Address already in use'],
  ['EADDRNOTAVAIL', 99, 49, 10049, 'Cannot assign requested address'],
  ['ENETDOWN', 100, 50, 10050, 'Network is down'],
  ['ENETUNREACH', 101, 51, 10051, 'Network is unreachable'],
  ['ENETRESET', 102, 52, 10052, 'Network dropped connection on reset'],
  ['ECONNABORTED', 103, 53, 10053, 'Software caused connection abort'],
  ['ECONNRESET', 104, 54, 10054, 'Connection reset by peer'],
  ['ENOBUFS', 105, 55, 10055, 'No buffer space available'],
  ['EISCONN', 106, 56, 10056, 'Transport endpoint is already connected'],
  ['ENOTCONN', 107, 57, 10057, 'Transport endpoint is not connected'],
  ['ESHUTDOWN', 108, 58, 10058, 'Cannot send after transport endpoint shutdown'],
  ['ETIMEDOUT', 110, 60, 10060, 'Connection timed out'],
  ['ECONNREFUSED', 111, 61, 10061, 'Connection refused'],
  ['EHOSTDOWN', 112, 64, 10064, 'Host is down'],
  ['EHOSTUNREACH', 113, 65, 10065, 'No route to host'],
  ['EALREADY', 114, 37, 10037, 'Operation already in progress'],
  ['EINPROGRESS', 115, 36, 10036, 'Operation now in progress'],
  ['ECANCELED', 125, 89, 995, 'Operation canceled'],
]

const BY_NAME = new Map(ROWS.map((row) => [row[0], row]))

/** strerror's English text of an errno name; undefined where the name is not one of these. */
export const strerror = (name: string): string | undefined => BY_NAME.get(name)?.[4]

/** The errno names that the lab knows, in Linux's order. */
export const ERRNO_NAMES: readonly string[] = ROWS.map((row) => row[0])

/** An errno's number on a platform; undefined where the platform has none. */
export function errnoNumber(name: string, platform: PlatformName): number | undefined {
  const row = BY_NAME.get(name)
  if (!row) return undefined
  return (platform === 'linux' ? row[1] : platform === 'darwin' ? row[2] : row[3]) ?? undefined
}

/** number -> name, as a platform table needs it. */
export function errnoNames(platform: PlatformName): Record<number, string> {
  const names: Record<number, string> = {}
  for (const name of ERRNO_NAMES) {
    const number = errnoNumber(name, platform)
    if (number !== undefined) names[number] = name
  }
  return names
}
