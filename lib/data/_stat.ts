/** Whether a path leads to a folder, also over links. */
export const isFolder = (path: string): boolean => statOrNull(path)?.isDirectory ?? false;

/** Whether a path leads to a file, also over links. */
export const isFile = (path: string): boolean => statOrNull(path)?.isFile ?? false;

function statOrNull(path: string): Deno.FileInfo | null {
  try {
    return Deno.statSync(path);
  } catch (error) {
    const { NotCapable, PermissionDenied } = Deno.errors;
    if (error instanceof NotCapable || error instanceof PermissionDenied) throw error; // it may well be there
    return null;
  }
}
