import { fileURLToPath } from "node:url";

/** The project's folder: tasks run in it. */
export const ROOT: string = fileURLToPath(new URL("../../", import.meta.url));
