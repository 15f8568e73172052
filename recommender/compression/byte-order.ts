/** Whether the machine's own numbers are little-endian, as files and WebAssembly's memory are. */
export const IS_LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Turns elements of little-endian bytes into the machine's own, and back; in place. */
export function swapped(bytes: Uint8Array<ArrayBuffer>, size: number): Uint8Array<ArrayBuffer> {
  if (!IS_LITTLE_ENDIAN) for (let at = 0; at < bytes.length; at += size) bytes.subarray(at, at + size).reverse();
  return bytes;
}
