import decodeQR from 'qr/decode.js'

/** Longest side at which pictures are searched, in pixels. */
const LONGEST = 1600

/** The text of the QR code in a picture; undefined when none can be read. */
export function readPixels(image: ImageData): string | undefined {
  try {
    return decodeQR({ width: image.width, height: image.height, data: image.data })
  } catch {
    return undefined
  }
}

/** The text of the QR code in a picture's file; undefined when there is none, or the file is no picture. */
export async function readPicture(file: Blob): Promise<string | undefined> {
  const bitmap = await createImageBitmap(file).catch(() => undefined)
  if (bitmap === undefined) return undefined
  const scale = Math.min(1, LONGEST / Math.max(bitmap.width, bitmap.height))
  const canvas = document.createElement('canvas')
  canvas.width = Math.round(bitmap.width * scale)
  canvas.height = Math.round(bitmap.height * scale)
  const context = canvas.getContext('2d')
  context?.drawImage(bitmap, 0, 0, canvas.width, canvas.height)
  const pixels = context?.getImageData(0, 0, canvas.width, canvas.height)
  return pixels === undefined ? undefined : readPixels(pixels)
}
