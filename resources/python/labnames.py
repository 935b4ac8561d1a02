"""Names and addresses: what C's socketmodule.c does between Python's arguments and struct sockaddr, and the resolver."""
import labcore
import laberrors
from labnumbers import GAI, SOCKET

FAMILIES = {SOCKET['AF_INET']: 'inet', SOCKET['AF_INET6']: 'inet6', SOCKET['AF_UNIX']: 'unix'}
_TYPES = {0: 'any', SOCKET['SOCK_STREAM']: 'stream', SOCKET['SOCK_DGRAM']: 'dgram', SOCKET['SOCK_RAW']: 'raw'}
_AI = ('AI_PASSIVE', 'AI_CANONNAME', 'AI_NUMERICHOST', 'AI_NUMERICSERV', 'AI_ADDRCONFIG', 'AI_V4MAPPED', 'AI_ALL')
_NI = ('NI_NUMERICHOST', 'NI_NUMERICSERV', 'NI_NOFQDN', 'NI_NAMEREQD', 'NI_DGRAM')
_PROTOCOLS = {
    'ip': 0, 'icmp': 1, 'igmp': 2, 'ggp': 3, 'ipencap': 4, 'ip-encap': 4, 'st': 5, 'tcp': 6, 'egp': 8, 'igp': 9, 'pup': 12,
    'udp': 17, 'hmp': 20, 'xns-idp': 22, 'rdp': 27, 'iso-tp4': 29, 'dccp': 33, 'xtp': 36, 'ddp': 37, 'idpr-cmtp': 38, 'ipv6': 41,
    'ipv6-route': 43, 'ipv6-frag': 44, 'idrp': 45, 'rsvp': 46, 'gre': 47, 'esp': 50, 'ah': 51, 'skip': 57, 'ipv6-icmp': 58,
    'ipv6-nonxt': 59, 'ipv6-opts': 60, 'ospf': 89, 'pim': 103, 'vrrp': 112, 'l2tp': 115, 'sctp': 132, 'udplite': 136,
}
#: the protocols that getaddrinfo knows for each type (glibc, sysdeps/posix/getaddrinfo.c: gaih_inettypes)
_FITTING = {SOCKET['SOCK_STREAM']: (6, 132, 33, 262), SOCKET['SOCK_DGRAM']: (17, 136, 33)}


class herror(OSError):
    pass


class gaierror(OSError):
    pass


herror.__module__ = gaierror.__module__ = 'socket'


def gai(name):
    return gaierror(*GAI[name])


def _buffer(value):
    try:
        return bytes(memoryview(value))
    except TypeError:
        raise TypeError(f"a bytes-like object is required, not '{type(value).__name__}'") from None


def _host(value):
    """idna_converter: a host name as text."""
    if isinstance(value, (bytes, bytearray)):
        raw = bytes(value)
    elif isinstance(value, str):
        raw = value.encode('ascii') if value.isascii() else _idna(value)
    else:
        raise TypeError(f'str, bytes or bytearray expected, not {type(value).__name__}')
    if b'\0' in raw:
        raise TypeError('host name must not contain null character')
    return raw.decode('latin-1')


def _idna(text):
    try:
        return text.encode('idna')
    except UnicodeError:
        raise TypeError('encoding of hostname failed') from None


def c_int(value):
    """The format character i."""
    n = _index(value)
    if not -0x8000_0000 <= n <= 0x7FFF_FFFF:
        if not -0x8000_0000_0000_0000 <= n <= 0x7FFF_FFFF_FFFF_FFFF:
            raise OverflowError('Python int too large to convert to C long')
        raise OverflowError('signed integer is greater than maximum' if n > 0 else 'signed integer is less than minimum')
    return n


def c_size(value):
    """The format character n."""
    n = _index(value)
    if not -0x8000_0000_0000_0000 <= n <= 0x7FFF_FFFF_FFFF_FFFF:
        raise OverflowError('Python int too large to convert to C ssize_t')
    return n


def _index(value):
    if type(value) is int:
        return value
    import operator
    return operator.index(value)


def inet4(text):
    """inet_pton(AF_INET): four bytes, or None."""
    parts = text.split('.')
    if len(parts) != 4:
        return None
    out = []
    for part in parts:
        if not part or len(part) > 3 or not part.isascii() or not part.isdigit() or (len(part) > 1 and part[0] == '0') or int(part) > 255:
            return None
        out.append(int(part))
    return bytes(out)


def inet6(text):
    """inet_pton(AF_INET6): sixteen bytes, or None."""
    import re
    if not re.fullmatch(r'[0-9A-Fa-f:.]+', text):
        return None
    tail = b''
    if '.' in text:
        head, colon, quad = text.rpartition(':')
        four = inet4(quad)
        if not colon or four is None:
            return None
        text = f'{head}:{four[0] << 8 | four[1]:x}:{four[2] << 8 | four[3]:x}'
    halves = text.split('::')
    if len(halves) > 2:
        return None
    groups = []
    for half in halves:
        parts = half.split(':') if half else []
        if any(not p or len(p) > 4 for p in parts):
            return None
        groups.append(b''.join(int(p, 16).to_bytes(2, 'big') for p in parts))
    if len(halves) == 1:
        return groups[0] if len(groups[0]) == 16 else None
    gap = 16 - len(groups[0]) - len(groups[1])
    return None if gap < 2 else groups[0] + bytes(gap) + groups[1]


def text6(packed):
    """inet_ntop(AF_INET6), as glibc writes it (RFC 5952, with ::a.b.c.d for mapped and compatible addresses)."""
    words = [packed[i] << 8 | packed[i + 1] for i in range(0, 16, 2)]
    best, best_len, start = -1, 1, -1
    for i in range(9):
        if i < 8 and words[i] == 0:
            if start < 0:
                start = i
        elif start >= 0:
            if i - start > best_len:
                best, best_len = start, i - start
            start = -1
    quad = best == 0 and (best_len == 6 or (best_len == 5 and words[5] == 0xFFFF))
    out, i = '', 0
    while i < 8:
        if i == best:
            out += '::' if i == 0 else ':'
            i += best_len
        if i >= 8:
            break
        if quad and i == 6:
            out += '.'.join(map(str, packed[12:]))
            break
        out += f'{words[i]:x}' + (':' if i < 7 else '')
        i += 1
    return out


def lookup(kind, question):
    """Asks the lab's resolver. The answer, or the exception for its error."""
    answer = labcore.ask(kind, question)
    if not isinstance(answer, dict) or answer.get('errno') is None:
        return answer
    name, message = str(answer['errno']), answer.get('message')
    if name in GAI:
        return gai(name)
    if name in laberrors.labnumbers.ERRNO:
        return laberrors.error(name)
    # a name that may not be asked for outside of this computer (or cannot exist) is one that is not known here
    return laberrors.noted(gai('EAI_NONAME' if name == 'POLICY' else 'EAI_FAIL'), message)


def _resolve(name, family):
    """setipaddr: the numeric address of a host name for 'inet' or 'inet6'."""
    if name == '':
        return '0.0.0.0' if family == 'inet' else '::'
    if name in ('255.255.255.255', '<broadcast>'):
        if family != 'inet':
            raise OSError('address family mismatched')
        return '255.255.255.255'
    if family == 'inet' and inet4(name) is not None:
        return name
    if family == 'inet6' and '%' not in name:
        packed = inet6(name)
        if packed is not None:
            return text6(packed)
    rows = _ask(name, None, family, 'any', [])
    for row in rows:
        address = row.get('address')
        if address is not None:
            return address['host']
    raise gai('EAI_NONAME')


def _ask(host, service, family, kind, flags):
    answer = lookup('getaddrinfo', {'host': host, 'service': service, 'family': family, 'type': kind, 'flags': flags})
    if isinstance(answer, Exception):
        raise answer
    return answer


def to_lab(family, address, caller):
    """getsockaddrarg: Python's address as the contract's SockAddr. `caller` is the method's name for the messages."""
    if family == 'inet':
        if not isinstance(address, tuple):
            raise TypeError(f'{caller}(): AF_INET address must be tuple, not {type(address).__name__}')
        if len(address) != 2:
            raise TypeError('AF_INET address must be a pair (host, port)')
        host = _host(address[0])
        port = _port(address[1], caller)
        numeric = _resolve(host, family)
        return {'family': 'inet', 'host': numeric, 'port': _in_range(port, caller)}
    if family == 'inet6':
        if not isinstance(address, tuple):
            raise TypeError(f'{caller}(): AF_INET6 address must be tuple, not {type(address).__name__}')
        if not 2 <= len(address) <= 4:
            raise TypeError('AF_INET6 address must be a tuple (host, port[, flowinfo[, scopeid]])')
        host = _host(address[0])
        port = _port(address[1], caller)
        rest = [_index(x) & 0xFFFF_FFFF for x in address[2:]]
        numeric = _resolve(host, family)
        _in_range(port, caller)
        if rest and rest[0] > 0xFFFFF:
            raise OverflowError(f'{caller}(): flowinfo must be 0-1048575.')
        out = {'family': 'inet6', 'host': numeric.partition('%')[0], 'port': port}
        if len(rest) > 1 and rest[1]:
            out['scope'] = rest[1]
        return out
    if isinstance(address, str):
        import os
        path = os.fsencode(address)
    else:
        path = _buffer(address)
    if len(path) > 108 or (len(path) >= 108 and path[:1] != b'\0'):
        raise OSError('AF_UNIX path too long')
    import labunix
    return labunix.outside({'family': 'unix', 'path': path.decode('utf-8', 'surrogateescape')})


def _port(value, caller):
    try:
        return c_int(value)
    except OverflowError:
        raise OverflowError(f'{caller}(): port must be 0-65535.') from None


def _in_range(port, caller):
    if not 0 <= port <= 0xFFFF:
        raise OverflowError(f'{caller}(): port must be 0-65535.')
    return port


def from_lab(address):
    """makesockaddr: the contract's SockAddr as Python's address."""
    if address is None:
        return None
    family = address['family']
    if family == 'inet':
        return address['host'], address['port']
    if family == 'inet6':
        return address['host'].partition('%')[0], address['port'], 0, address.get('scope') or 0
    import labunix
    path = labunix.inside(address['path'])
    return path.encode('utf-8', 'surrogateescape') if path[:1] == '\0' else path


def getaddrinfo(host, port, family=0, type=0, proto=0, flags=0):
    if host is None:
        name = None
    elif isinstance(host, str):
        name = host.encode('idna').decode('ascii')
    elif isinstance(host, bytes):
        name = host.decode('latin-1')
    else:
        raise TypeError('getaddrinfo() argument 1 must be string or None')
    if isinstance(port, int):
        # glibc takes the number modulo 2**16 (RFC 3493 says nothing)
        service = str(port)
    elif isinstance(port, str):
        service = port
    elif isinstance(port, bytes):
        service = port.decode('latin-1')
    elif port is None:
        service = None
    else:
        raise OSError('Int or String expected')
    family, type, proto, flags = c_int(family), c_int(type), c_int(proto), c_int(flags)
    if family and FAMILIES.get(family) not in ('inet', 'inet6'):
        raise gai('EAI_FAMILY')
    if type not in _TYPES or (type in _FITTING and proto and proto not in _FITTING[type]):
        raise gai('EAI_SOCKTYPE')
    if name == '' or name is None and service in (None, ''):
        raise gai('EAI_NONAME')
    if service is not None and service.isdigit() and service.isascii():
        service = str(int(service) & 0xFFFF)
    elif service is not None and service[:1] == '-':
        raise gai('EAI_SERVICE')
    names = [n for n in _AI if flags & SOCKET[n]]
    if flags & ~sum(SOCKET[n] for n in _AI) & ~0x3C0:
        raise gai('EAI_BADFLAGS')
    if flags & SOCKET['AI_CANONNAME'] and name is None:
        raise gai('EAI_BADFLAGS')
    kind = _TYPES[type]
    if not type and proto in (6, 17):
        kind = 'stream' if proto == 6 else 'dgram'
    rows = _ask(name or None, service or None, FAMILIES.get(family, 'unspec'), kind, names)
    out = []
    for row in rows:
        address = row.get('address')
        if address is None or (proto and row['protocol'] != proto and row['protocol'] != 0):
            continue
        out.append((row['family'], row['type'], proto or row['protocol'], row.get('canonname') or '', from_lab(address)))
    return out


def getnameinfo(sockaddr, flags, /):
    flags = c_int(flags)
    if not isinstance(sockaddr, tuple):
        raise TypeError('getnameinfo() argument 1 must be a tuple')
    if sockaddr and not isinstance(sockaddr[0], str):
        raise TypeError(f'argument 1 must be str, not {type(sockaddr[0]).__name__}')
    if not 2 <= len(sockaddr) <= 4:
        raise TypeError('getnameinfo(): illegal sockaddr argument')
    host, port = sockaddr[0], c_int(sockaddr[1])
    flow = c_int(sockaddr[2]) if len(sockaddr) > 2 else 0
    if flow > 0xFFFFF or flow < 0:
        raise OverflowError('getnameinfo(): flowinfo must be 0-1048575.')
    rows = _ask(host, str(port & 0xFFFF), 'unspec', 'dgram', ['AI_NUMERICHOST'])
    if len(rows) > 1:
        raise OSError('sockaddr resolved to multiple addresses')
    address = rows[0]['address']
    if address['family'] == 'inet' and len(sockaddr) != 2:
        raise OSError('IPv4 sockaddr must be 2 tuple')
    where = address['host']
    if len(sockaddr) > 3 and c_int(sockaddr[3]) and '%' not in where:
        where = f'{where}%{sockaddr[3]}'
    answer = lookup('getnameinfo', {'address': where, 'port': address['port'], 'flags': [n for n in _NI if flags & SOCKET[n]]})
    if isinstance(answer, Exception):
        raise answer
    return answer['host'], answer['service']


def gethostbyname(hostname, /):
    return _resolve(_host_argument('gethostbyname', hostname), 'inet')


def _host_argument(caller, value):
    if not isinstance(value, (str, bytes, bytearray)):
        raise TypeError(f'{caller}() argument 1 must be str, bytes or bytearray, not {type(value).__name__}')
    if isinstance(value, str):
        # the format characters et
        value = value.encode('idna')
    return _host(value)


def _entry(call, name):
    answer = lookup('host', {'call': call, 'name': name})
    if isinstance(answer, gaierror) and answer.errno == GAI['EAI_NONAME'][0] and call == 'gethostbyaddr':
        raise herror(1, 'Unknown host')
    if isinstance(answer, Exception):
        raise answer
    value = answer['value'] if isinstance(answer, dict) and 'value' in answer else answer
    if isinstance(value, str):
        return value
    return value['name'], list(value['aliases']), list(value['addresses'])


def gethostbyname_ex(hostname, /):
    name = _host_argument('gethostbyname_ex', hostname)
    _resolve(name, 'inet')
    return _entry('gethostbyname_ex', name)


def gethostbyaddr(ip_address, /):
    name = _host_argument('gethostbyaddr', ip_address)
    return _entry('gethostbyaddr', name)


def gethostname():
    value = _entry('gethostname', '')
    return value if isinstance(value, str) else value[0]


def _between(caller, args, low, high):
    n = len(args)
    if not low <= n <= high:
        bound, many = ('least', low) if n < low else ('most', high)
        raise TypeError(f"{caller}() takes at {bound} {many} argument{'' if many == 1 else 's'} ({n} given)")


def getservbyname(*args):
    _between('getservbyname', args, 1, 2)
    servicename, protocolname = (*args, None)[:2]
    _text('getservbyname', 1, servicename)
    kinds = _kinds('getservbyname', protocolname)
    for kind in kinds:
        answer = lookup('getaddrinfo', {'host': None, 'service': servicename, 'family': 'inet', 'type': kind, 'flags': ['AI_PASSIVE']})
        if not isinstance(answer, Exception) and answer and not servicename.strip().isdigit():
            return answer[0]['address']['port']
    raise OSError('service/proto not found')


def getservbyport(port, protocolname=None, /):
    port = c_int(port)
    kinds = _kinds('getservbyport', protocolname)
    if not 0 <= port <= 0xFFFF:
        raise OverflowError('getservbyport: port must be 0-65535.')
    for kind in kinds:
        flags = ['NI_NUMERICHOST', 'NI_DGRAM'] if kind == 'dgram' else ['NI_NUMERICHOST']
        answer = lookup('getnameinfo', {'address': '127.0.0.1', 'port': port, 'flags': flags})
        if not isinstance(answer, Exception) and answer['service'] != str(port):
            return answer['service']
    raise OSError('port/proto not found')


def _kinds(caller, protocol):
    if protocol is None:
        return ('stream', 'dgram')
    _text(caller, 2, protocol)
    return {'tcp': ('stream',), 'udp': ('dgram',)}.get(protocol, ())


def _text(caller, position, value):
    if not isinstance(value, str):
        raise TypeError(f'{caller}() argument {position} must be str, not {type(value).__name__}')


def getprotobyname(name, /):
    if not isinstance(name, str):
        raise TypeError(f'getprotobyname() argument 1 must be str, not {type(name).__name__}')
    number = _PROTOCOLS.get(name, _PROTOCOLS.get(name.lower()) if name.isupper() else None)
    if number is None:
        raise OSError('protocol not found')
    return number


def inet_aton(ip_addr, /):
    """All the forms of inet_aton(3): a, a.b, a.b.c, a.b.c.d in decimal, octal or hex; what follows a blank is ignored."""
    import re
    if not isinstance(ip_addr, str):
        raise TypeError(f'inet_aton() argument 1 must be str, not {type(ip_addr).__name__}')
    bad = OSError('illegal IP address string passed to inet_aton')
    text = re.split(r'[ \t\n\v\f\r]', ip_addr, maxsplit=1)[0]
    parts = []
    for part in text.split('.'):
        if re.fullmatch(r'0[xX][0-9a-fA-F]+', part):
            parts.append(int(part, 16))
        elif re.fullmatch(r'0[0-7]*', part):
            parts.append(int(part, 8))
        elif re.fullmatch(r'[1-9][0-9]*', part):
            parts.append(int(part))
        else:
            raise bad
    if len(parts) > 4 or any(p > 255 for p in parts[:-1]) or parts[-1] >= 1 << 8 * (5 - len(parts)):
        raise bad
    number = parts[-1]
    for i, part in enumerate(parts[:-1]):
        number |= part << 8 * (3 - i)
    return number.to_bytes(4, 'big')


def inet_ntoa(packed_ip, /):
    packed = _buffer(packed_ip)
    if len(packed) != 4:
        raise OSError('packed IP wrong length for inet_ntoa')
    return '.'.join(map(str, packed))


def inet_pton(address_family, ip_string, /):
    family = c_int(address_family)
    if not isinstance(ip_string, str):
        raise TypeError(f'inet_pton() argument 2 must be str, not {type(ip_string).__name__}')
    kind = FAMILIES.get(family)
    if kind not in ('inet', 'inet6'):
        raise laberrors.error('EAFNOSUPPORT')
    packed = inet4(ip_string) if kind == 'inet' else inet6(ip_string)
    if packed is None:
        raise OSError('illegal IP address string passed to inet_pton')
    return packed


def inet_ntop(address_family, packed_ip, /):
    family = c_int(address_family)
    packed = _buffer(packed_ip)
    kind = FAMILIES.get(family)
    if kind not in ('inet', 'inet6'):
        raise ValueError(f'unknown address family {family}')
    if len(packed) != (4 if kind == 'inet' else 16):
        raise ValueError('invalid length of packed IP address string')
    return '.'.join(map(str, packed)) if kind == 'inet' else text6(packed)
