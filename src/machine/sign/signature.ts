/**
 * Signatures at the end of module files. Layout: contents, PKCS#7 message, `struct module_signature` of 12 bytes
 * (include/linux/module_signature.h: algo, hash, id_type, signer_len, key_id_len, 3 bytes of padding, sig_len as
 * big-endian 32 bits), and a marker. Only id_type 2 (PKEY_ID_PKCS7) is in use; kernel/module_signature.c,
 * mod_check_sig() refuses all else.
 */
const MARKER = Buffer.from('~Module signature appended~\n', 'latin1');
const STRUCT_BYTES = 12;
const ID_PKCS7 = 2;

export interface SplitModule {
  /** The module as it was before it was signed. */
  readonly contents: Buffer;
  /** DER of the PKCS#7 message; undefined for an unsigned module. */
  readonly signature?: Buffer;
}

/** Takes the last signature off; `broken` when there is a marker, but no message of the form before it. */
export function splitModule(module: Buffer): SplitModule | 'broken' {
  if (!module.subarray(-MARKER.length).equals(MARKER)) return { contents: module };
  const end = module.length - MARKER.length - STRUCT_BYTES;
  if (end < 0 || module[end + 2] !== ID_PKCS7) return 'broken';
  const length = module.readUInt32BE(end + 8);
  if (length === 0 || length > end) return 'broken';
  return { contents: module.subarray(0, end - length), signature: module.subarray(end - length, end) };
}

export function appendSignature(contents: Buffer, signature: Buffer): Buffer {
  const info = Buffer.alloc(STRUCT_BYTES);
  info[2] = ID_PKCS7;
  info.writeUInt32BE(signature.length, 8);
  return Buffer.concat([contents, signature, info, MARKER]);
}
