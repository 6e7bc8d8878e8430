/** A text that must not be found, in all the forms in which it is looked for. */
export interface Needle {
  readonly text: string
  readonly forms: readonly { readonly encoding: string; readonly bytes: Buffer }[]
}

/** Fewer characters turn up by chance in megabytes of random bytes. */
const SHORTEST_NEEDLE = 8

/** Bytes of a text as programs commonly store it: UTF-8, UTF-16, hexadecimal, and base64 at each of its three alignments. */
export function needleFor(text: string): Needle {
  if (text.length < SHORTEST_NEEDLE) throw new RangeError(`A needle has at least ${SHORTEST_NEEDLE} characters`)
  const bytes = Buffer.from(text, 'utf8')
  const wide = Buffer.from(text, 'utf16le')
  const hex = bytes.toString('hex')
  const forms: { encoding: string; bytes: Buffer }[] = [
    { encoding: 'utf-8', bytes },
    { encoding: 'utf-16le', bytes: wide },
    { encoding: 'utf-16be', bytes: Buffer.from(wide).swap16() },
    { encoding: 'hex', bytes: Buffer.from(hex) },
    { encoding: 'HEX', bytes: Buffer.from(hex.toUpperCase()) }
  ]
  for (const alphabet of ['base64', 'base64url'] as const) {
    for (let alignment = 0; alignment < 3; alignment++) {
      forms.push({ encoding: `${alphabet}+${alignment}`, bytes: alignedBase64(bytes, alphabet, alignment) })
    }
  }
  return { text, forms }
}

/** The characters that any base64 text has where `bytes` begin `alignment` bytes into a group of three, whatever is around them. */
function alignedBase64(bytes: Buffer, alphabet: 'base64' | 'base64url', alignment: number): Buffer {
  const encoded = Buffer.concat([Buffer.alloc(alignment), bytes]).toString(alphabet)
  const first = Math.ceil((alignment * 8) / 6)
  const last = Math.floor(((alignment + bytes.byteLength) * 8) / 6)
  return Buffer.from(encoded.slice(first, last))
}
