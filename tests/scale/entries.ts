/** A data set in VOC's layout with as many images as VOC has, or any number, which are no images. */

/**
 * Makes the data set.
 *
 * @param root Its folder.
 * @param count Number of images, all of which are in every list of the presets `paper` and `lite`.
 */
export async function makeEntries(root: string, count: number): Promise<void> {
  const folders = ["JPEGImages", "Annotations", "ImageSets/Segmentation"];
  for (const folder of folders) await Deno.mkdir(`${root}/${folder}`, { recursive: true });
  const ids = Array.from({ length: count }, (_, i) => `entry_${String(i).padStart(6, "0")}`);
  for (const [i, id] of ids.entries()) {
    Deno.writeTextFileSync(`${root}/JPEGImages/${id}.jpg`, `no image ${id}`);
    Deno.writeTextFileSync(`${root}/Annotations/${id}.xml`, annotation(id, i % 3 === 0 ? ["cat", "dog"] : ["cow"]));
  }
  for (const list of ["train_aug", "train", "val", "train_instance"]) {
    await Deno.writeTextFile(`${root}/ImageSets/Segmentation/${list}.txt`, `${ids.join("\n")}\n`);
  }
}

/** As long as those of VOC are. */
function annotation(id: string, names: string[]): string {
  const box = "<bndbox><xmin>53</xmin><ymin>87</ymin><xmax>471</xmax><ymax>420</ymax></bndbox>";
  const objects = names.map((name) =>
    `<object><name>${name}</name><pose>Left</pose><truncated>1</truncated><difficult>0</difficult>${box}</object>`
  );
  return [
    `<annotation><folder>VOC2012</folder><filename>${id}.jpg</filename>`,
    "<source><database>none</database><annotation>none</annotation><image>none</image></source>",
    "<size><width>500</width><height>375</height><depth>3</depth></size><segmented>1</segmented>",
    ...objects,
    "</annotation>",
    "",
  ].join("\n");
}
