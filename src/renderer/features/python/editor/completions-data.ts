/** What completion offers of the modules of the courses: a name, its signature in short, and what it gives. */

/** `name signature`, one to a line; the signature is '' for constants and classes without one. */
const table = (text: string): { name: string; detail: string }[] => text.trim().split('\n').map((line) => {
  const at = line.search(/[(= ]/)
  return at < 0 ? { name: line, detail: '' } : { name: line.slice(0, at), detail: line.slice(at).trim() }
})

export const MODULES: Readonly<Record<string, { name: string; detail: string }[]>> = {
  socket: table(`
socket(family=AF_INET, type=SOCK_STREAM)
create_connection((host, port), timeout=None) → socket
create_server((host, port), family=AF_INET, backlog=None) → socket
socketpair() → (socket, socket)
getaddrinfo(host, port, family=0, type=0) → [(family, type, proto, name, address)]
gethostbyname(name) → address
gethostbyname_ex(name) → (name, aliases, addresses)
gethostbyaddr(address) → (name, aliases, addresses)
gethostname() → str
getfqdn(name='') → str
getnameinfo(address, flags) → (host, port)
getservbyname(name) → port
getservbyport(port) → name
inet_aton(text) → bytes
inet_ntoa(bytes) → text
inet_pton(family, text) → bytes
inet_ntop(family, bytes) → text
htons(n) → int
htonl(n) → int
ntohs(n) → int
ntohl(n) → int
if_nametoindex(name) → int
if_nameindex() → [(index, name)]
setdefaulttimeout(seconds)
has_ipv6
timeout
error
gaierror
herror
AF_INET
AF_INET6
AF_UNIX
SOCK_STREAM
SOCK_DGRAM
SOL_SOCKET
SO_REUSEADDR
SO_BROADCAST
SO_KEEPALIVE
SO_RCVBUF
SO_SNDBUF
SO_LINGER
SO_ERROR
SHUT_RD
SHUT_WR
SHUT_RDWR
MSG_PEEK
MSG_DONTWAIT
MSG_WAITALL
INADDR_ANY
IPPROTO_TCP
IPPROTO_UDP
IPPROTO_IP
IPPROTO_IPV6
TCP_NODELAY
IP_ADD_MEMBERSHIP
IP_DROP_MEMBERSHIP
IP_MULTICAST_TTL
IP_MULTICAST_LOOP
IP_MULTICAST_IF
IPV6_JOIN_GROUP
IPV6_LEAVE_GROUP
IPV6_MULTICAST_HOPS
IPV6_MULTICAST_LOOP
IPV6_MULTICAST_IF
IPV6_V6ONLY
SOMAXCONN`),
  select: table(`
select(read, write, error, timeout=None) → (read, write, error)
poll() → poll object
POLLIN
POLLOUT
POLLERR
POLLHUP`),
  threading: table(`
Thread(target=None, args=(), name=None, daemon=None)
Lock() → lock
RLock() → lock
Event() → event
Condition(lock=None)
Semaphore(value=1)
Timer(interval, function, args=())
local()
current_thread() → Thread
active_count() → int
enumerate() → [Thread]`),
  struct: table(`
pack(format, *values) → bytes
unpack(format, bytes) → tuple
unpack_from(format, buffer, offset=0) → tuple
calcsize(format) → int
iter_unpack(format, buffer)
error`),
  time: table(`
sleep(seconds)
time() → seconds
monotonic() → seconds
perf_counter() → seconds
strftime(format) → str`),
  json: table(`
dumps(obj) → str
loads(text) → obj
JSONDecodeError`),
  sys: table(`
argv
stdin
stdout
stderr
exit(code=0)
byteorder
version
platform`),
}

/** Methods of what a name may hold. */
export const METHODS: Readonly<Record<'socket' | 'poll' | 'thread' | 'file', { name: string; detail: string }[]>> = {
  socket: table(`
accept() → (socket, address)
bind((host, port))
close()
connect((host, port))
connect_ex((host, port)) → errno
detach() → fd
dup() → socket
fileno() → fd
getpeername() → address
getsockname() → address
getsockopt(level, option) → int
listen(backlog)
makefile(mode='r') → file
recv(bufsize) → bytes
recv_into(buffer) → int
recvfrom(bufsize) → (bytes, address)
send(data) → int
sendall(data)
sendfile(file) → int
sendto(data, (host, port)) → int
setblocking(flag)
setsockopt(level, option, value)
settimeout(seconds)
gettimeout() → seconds
shutdown(how)
family
type
proto`),
  poll: table(`
register(fd, eventmask)
unregister(fd)
modify(fd, eventmask)
poll(timeout=None) → [(fd, event)]`),
  thread: table(`
start()
join(timeout=None)
is_alive() → bool
name
daemon`),
  file: table(`
readline() → line
read(size=-1)
write(data)
flush()
close()`),
}
