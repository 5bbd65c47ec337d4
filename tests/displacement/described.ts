/** Numbers that a golden group states only in its description, such as `thres=2.5`. */

const folder = Deno.env.get("IRNET_GOLDEN_DIR") ?? new URL("../golden", import.meta.url).pathname;

/** The number after `name=` in the description of a group, or the fallback. */
export async function describedNumber(group: string, name: string, fallback: number): Promise<number> {
  const { desc, params } = JSON.parse(await Deno.readTextFile(`${folder}/${group}.json`));
  const stated = params[name] ?? new RegExp(`\\b${name}=([\\d.]*\\d)`).exec(desc)?.[1];
  return stated === undefined ? fallback : Number(stated);
}
