import { assert, assertEquals } from "../assert.ts";
import { labelsIn, type LabelsInOptions } from "./labels_in.ts";

const expected = { a: ["cat"], b: ["dog"], c: ["cat"], d: ["dog"] };
const rows = [["a.jpg", "cat"], ["b.jpg", "dog"], ["c.jpg", "cat"], ["d.jpg", "dog"]] as const;
const table = (heading: string, row: (image: string, name: string, n: number) => string) =>
  `${heading}\n${rows.map(([image, name], n) => row(image, name, n)).join("\n")}\n`;
const oneHot = (name: string, yes = "1", no = "0") => ["cat", "dog"].map((one) => one === name ? yes : no).join();

const utf16 = (text: string, littleEndian: boolean) => {
  const bytes = new DataView(new ArrayBuffer(2 * text.length));
  for (let i = 0; i < text.length; i++) bytes.setUint16(2 * i, text.charCodeAt(i), littleEndian);
  return new Uint8Array(bytes.buffer);
};

const read: Record<string, [content: string | Uint8Array, options?: LabelsInOptions]> = {
  "boxes beside a class": [
    table("filename,width,height,class,xmin,ymin,xmax,ymax", (i, c) => `${i},40,30,${c},1,2,9,9`),
  ],
  "boxes and a class without headings": [table("", (i, c) => `/data/${i},1,2,9,9,${c}`)],
  "a score beside a label": [table("ImageID,Source,LabelName,Confidence", (i, c) => `${i},human,${c},0.4`)],
  "columns of 0 and 1 beside others": [
    table("Image Index,Patient ID,fold,split,cat,dog,width", (i, c, n) => `${i},7${n},${n % 2},train,${oneHot(c)},40`),
  ],
  "columns of true and false": [table("image,cat,dog", (i, c) => `${i},${oneHot(c, "TRUE", "False")}`)],
  "probabilities": [table("filename,cat,dog", (i, c) => `${i},${oneHot(c, ".97", ".03")}`)],
  "probabilities with decimal commas": [
    table("filename;cat;dog", (i, c) => `${i};${oneHot(c, "0|9", "0|1").replace(",", ";").replaceAll("|", ",")}`),
  ],
  "a heading of words": [table("Image Name,Class", (i, c) => `${i},${c}`)],
  "headings of a medical data set": [table("Image Index,Finding Labels,Follow-up #", (i, c, n) => `${i},${c},${n}`)],
  "headings in the other order": [table("category,img_filename", (i, c) => `${c},${i}`)],
  "a number of the class beside its name": [
    table("id,file_name,class_id,class_name", (i, c, n) => `${n},${i},${n % 2},${c}`),
  ],
  "several numbered columns": [table("filename,label1,label2", (i, c) => `${i},${c},`)],
  "a heading that is no known word": [table("what,animal", (i, c) => `${i},${c}`).replace("what", "image")],
  "headings above 0 and 1 that are no known words": [table("bild,cat,dog", (i, c) => `${i},${oneHot(c)}`)],
  "a line sep=": [`sep=;\n${table("filename;label", (i, c) => `${i};${c}`)}`],
  "an index of pandas": [table(",filename,label", (i, c, n) => `${n},${i},${c}`)],
  "an index of pandas, saved twice": [table("Unnamed: 0,index,filename,label", (i, c, n) => `${n},${n},${i},${c}`)],
  "comments": [`# made by hand, in 2019\n${table("filename,label", (i, c) => `${i},${c}`)}# the end\n`],
  "lists of Python": [table("filename,tags", (i, c) => `${i},"['${c}']"`)],
  "bars": [table("filename|label", (i, c) => `${i}|${c}`)],
  "spaces": [table("", (i, c) => `${i} ${c}`)],
  "semicolons, and commas in the names": [table("", (i, c) => `${i};${c},${c}`)],
  "more names than headings": [table("filename,labels", (i, c) => `${i},,${c}`)],
  "UTF-16, little-endian": [utf16(`\ufeff${table("filename\tlabel", (i, c) => `${i}\t${c}`)}`, true)],
  "UTF-16, big-endian": [utf16(`\ufeff${table("filename\tlabel", (i, c) => `${i}\t${c}`)}`, false)],
  "a mark of UTF-8": [`\ufeff${table("filename,label", (i, c) => `${i},${c}`)}`],
  "addresses": [table("image,label", (i, c) => `https://example.org/x/${i}?raw=1,${c}`)],
  "paths of Windows": [table("image,label", (i, c) => `C:\\data\\${i},${c}`)],
  "a column that is told": [
    table("filename,species,owner name", (i, c) => `${i},${c},someone`),
    { column: "species" },
  ],
  "columns that are told": [table("filename,male,cat,dog", (i, c) => `${i},1,${oneHot(c)}`), { column: "cat,dog" }],
  "a column that is told by its place": [table("", (i, c) => `${i},someone,${c},7`), { column: "3" }],
};
for (const [kind, [content, options]] of Object.entries(read)) {
  Deno.test(`a table with ${kind} is read`, async () => {
    assertEquals(await labelsIn({ "labels.csv": content }, options), expected);
  });
}

Deno.test("a table of numbers is read where classes are called so", async () => {
  const content = table("filename,label", (i, c) => `${i},${c === "cat" ? 3 : 5}`);
  assertEquals(await labelsIn({ "labels.csv": content }, { classes: ["3", "5"] }), {
    a: ["3"],
    b: ["5"],
    c: ["3"],
    d: ["5"],
  });
});

Deno.test("a table of 0 and 1 below class 1, class 2, … is read", async () => {
  const content = table("image,class 1,class 2", (i, c) => `${i},${oneHot(c)}`);
  const [one, two] = [["class 1"], ["class 2"]];
  assertEquals(await labelsIn({ "labels.csv": content }), { a: one, b: two, c: one, d: two });
});

const latin1 = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const refused: Record<string, [content: string | Uint8Array, message: string, options?: LabelsInOptions]> = {
  "boxes alone": [
    table("filename,xmin,ymin,xmax,ymax", (i) => `${i},1,2,9,9`),
    "Expected a column of class names, headed label or class, in */labels.csv but found xmin, ymin, xmax, ymax; name",
  ],
  "numbers of classes": [
    table("filename,label", (i, _, n) => `${i},${n}`),
    "Expected class names in */labels.csv but found numbers in the column label",
  ],
  "0 and 1 as labels": [
    table("filename,label", (i, _, n) => `${i},${n % 2}`),
    "Expected class names in */labels.csv but found numbers in the column label",
  ],
  "numbers without headings": [table("", (i, _, n) => `${i},${n},1`), "found numbers in the columns 2, 3"],
  "one-hot lists in cells": [table("filename,label", (i) => `${i},"[1, 0]"`), "found numbers in the column label"],
  "counts": [table("filename,cat,dog", (i, _, n) => `${i},${n},0`), "found 2 in line 4"],
  "probabilities that say nothing": [
    table("filename,cat,dog", (i) => `${i},0.4,0.3`),
    "in line 2 of */labels.csv but found 0.4",
  ],
  "two columns of classes": [
    table("filename,category,label", (i, c) => `${i},animal,${c}`),
    "Expected one column of class names in */labels.csv but found category, label; name it by --label-column",
  ],
  "several columns of other text": [table("filename,first,second", (i, c) => `${i},${c},x`), "found first, second"],
  "0 and 1 beside other text": [table("filename,breed,cat,dog", (i, c) => `${i},x,${oneHot(c)}`), "--label-column"],
  "labels that do not hold": [
    table("ImageID,LabelName,Confidence", (i, c, n) => `${i},${c},${n % 2}`),
    "Expected labels that hold but found the Confidence 0 in line 2 of */labels.csv",
  ],
  "a first row that may be a heading": [table("what,animal", (i, c) => `${i},${c}`), "in line 1 of */labels.csv but"],
  "a cell too many": [`${table("filename,label,width", (i, c) => `${i},${c},4`)}a.jpg,cat,4,dog\n`, "in line 6 of"],
  "a column that is not there": [
    table("filename,label", (i, c) => `${i},${c}`),
    "Expected the column lable (data.labelColumn) in */labels.csv but found label; the nearest is label",
    { column: "lable" },
  ],
  "Latin-1": [latin1("filename,label\na.jpg,B\xf6hm\n"), "other bytes in line 2, as of Windows-1252 or Latin-1"],
  "GBK": [latin1("filename,label\na.jpg,\xc3\xa8\xb9\xb7\n"), "as of GBK, Shift-JIS"],
  "UTF-16 without a mark": [utf16("filename,label\na.jpg,cat", true), "UTF-16LE without a byte order mark"],
  "a spreadsheet": [latin1("PK\x03\x04\x14\0\x06\0"), "a zip archive, as spreadsheets are"],
  "one name for two images": [
    "x.jpg,cat\n1.jpg,dog\n",
    "Expected the name of one image in */labels.csv but found 1.jpg, which may be p/1, q/1",
    { images: ["p/1.jpg", "q/1.jpg"] },
  ],
};
for (const [kind, [content, message, options]] of Object.entries(refused)) {
  Deno.test(`a table with ${kind} is refused`, async () => {
    const found = await labelsIn({ "labels.csv": content }, options);
    assert(typeof found === "string" && found.includes(message), `${message}\n${JSON.stringify(found)}`);
  });
}
