/**
 * Keeps koffi's own library in the process once it was there (Linux). Node closes an addon with the last thread that loaded it
 * (dlclose(3)); a thread that ends by an exception, or is ended, still has libuv handles of the addon's then, whose last
 * callback would be in memory that is gone.
 */
import { readFileSync } from 'node:fs'
import koffi from 'koffi'

// <dlfcn.h>; RTLD_NOLOAD loads nothing, it changes how what is loaded already is kept (dlopen(3))
const RTLD_LAZY = 0x1
const RTLD_NOLOAD = 0x4
const RTLD_NODELETE = 0x1000

export function keepLoaded(): void {
  // address, permissions, offset, device, inode, path (proc(5)); an executable that has the addon in itself never unloads it
  const path = /^(?:\S+ +){5}(\/.*koffi\.node)$/m.exec(readFileSync('/proc/self/maps', 'utf8'))?.[1]
  if (path === undefined) return
  koffi.load(null).func('void *dlopen(const char *, int)')(path, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE)
}
