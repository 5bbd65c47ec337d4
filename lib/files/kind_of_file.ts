/** Beginnings of files, and what such a file is; what a download left behind comes first. */
const BEGINNINGS: readonly (readonly [RegExp, string])[] = [
  [/^version https:\/\/git-lfs/, "a pointer of Git LFS, whose file was not fetched (git lfs pull fetches it)"],
  [/^\s*<(!doctype html|html|head|body)/i, "a page of HTML, as failed downloads leave it"],
  [/^\s*<(\?xml|[a-z])/i, "XML"],
  [/^.\x8b[\b]/s, "a gzip archive, which has to be unpacked"],
  [/^(BZh\d|\xfd7zXZ|\x28\xb5\x2f\xfd|7z\xbc\xaf|Rar!)/, "a packed archive, which has to be unpacked"],
  [/^.{257}ustar/s, "a tar archive, which has to be unpacked"],
  [/^PK/, "a zip archive"],
  [/^\x89HDF/, "an HDF5 file, as Keras writes it"],
  [/^\x93NUMPY/, "a NumPy array"],
  [/^\x80[^ -\xff]/, "a Python pickle"],
  [/^\x89PNG/, "a PNG image"],
  [/^\xff\xd8\xff/, "a JPEG image"],
  [/^(II\*\0|MM\0\*)/, "a TIFF image"],
  [/^RIFF.{4}WEBP/s, "a WebP image"],
  [/^GIF8/, "a GIF image"],
  [/^BM.{4}\0{4}/s, "a BMP image"],
  [/^%PDF/, "a PDF file"],
  [/^(\xef\xbb\xbf)?\s*[{[]\s*["\d{[\]}-]/, "JSON"],
  [/^[\t\n\r\x20-\x7e]{16}/, "text"],
  [/^$/, "an empty file"],
];

/**
 * Words for the kind of a file, by how it begins.
 *
 * @param bytes The file, or its first 512 bytes.
 * @returns Such as `a page of HTML, as failed downloads leave it`; `null` where nothing is known.
 */
export function kindOfFile(bytes: Uint8Array): string | null {
  const start = String.fromCharCode(...bytes.subarray(0, 512));
  return BEGINNINGS.find(([pattern]) => pattern.test(start))?.[1] ?? null;
}
