/** Hands a file to the person, as a download. */
export function saveFile(name: string, content: Blob): void {
  const url = URL.createObjectURL(content)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  // the download has begun with the click; the next turn may let go of the bytes
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}
