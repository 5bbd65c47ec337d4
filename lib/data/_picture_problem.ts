/** What libvips says about a picture. Its messages get lost where several threads meet errors at once. */
export function pictureProblem(error: unknown): string {
  const message = (error as Error).message.trim().replace(/:?\s*\n\s*/g, ", ");
  return message === "" || message === "Unknown error" ? "it is damaged or cut off" : message;
}
