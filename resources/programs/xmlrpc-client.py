"""XML-RPC client: calls one method and shows the result or the fault."""
import base64
import json
import xmlrpc.client

URL = 'http://127.0.0.1:7001'
METHOD = 'addtogether'
PARAMS = '["x", "y", "z"]'


def special(members):
    """What JSON lacks is an object of one member."""
    if list(members) == ['$base64'] and isinstance(members['$base64'], str):
        return xmlrpc.client.Binary(base64.b64decode(members['$base64']))
    if list(members) == ['$dateTime'] and isinstance(members['$dateTime'], str):
        return xmlrpc.client.DateTime(members['$dateTime'])
    return members


def show(value):
    if isinstance(value, list):
        return '[' + ', '.join(map(show, value)) + ']'
    if isinstance(value, dict):
        return '{' + ', '.join(f'{key!r}: {show(one)}' for key, one in value.items()) + '}'
    if isinstance(value, xmlrpc.client.DateTime):
        return f'DateTime({str(value)!r})'
    if isinstance(value, xmlrpc.client.Binary):
        return f'Binary({value.data!r})'
    return repr(value)


try:
    params = json.loads(PARAMS, object_hook=special)
except json.JSONDecodeError:
    params = json.loads(f'[{PARAMS}]', object_hook=special)
if not isinstance(params, list):
    params = [params]
print(f'{METHOD}({", ".join(map(show, params))})')
with xmlrpc.client.ServerProxy(URL, allow_none=True) as server:
    try:
        print(show(getattr(server, METHOD)(*params)))
    except xmlrpc.client.Fault as fault:
        print(f'fault {fault.faultCode}: {fault.faultString}')
