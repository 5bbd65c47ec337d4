/**
 * Indices of the classes that enter a mean, ascending.
 *
 * @param classes All class names.
 * @param chosen Names of the chosen ones; `null`: all.
 * @throws Error naming the classes that do not exist, or if none is chosen.
 */
export function chosenClasses(classes: readonly string[], chosen: readonly string[] | null): number[] {
  const unknown = (chosen ?? []).filter((name) => !classes.includes(name));
  if (unknown.length) throw new Error(`Expected classes among ${classes.join(", ")} but found ${unknown.join(", ")}`);
  if (chosen?.length === 0) throw new Error("Expected at least one class but found none");
  return Array.from(classes.keys()).filter((c) => chosen?.includes(classes[c]!) ?? true);
}
