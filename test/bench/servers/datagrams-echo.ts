/** What stands behind the relays: an echo as fast as it gets here. It never returns to its event loop; it is killed. */
import { bindUdp, echoUdp } from '../libc'

const { fd, port } = bindUdp()
process.send!({ port }, () => echoUdp(fd))
