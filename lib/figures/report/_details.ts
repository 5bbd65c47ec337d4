import type { Config } from "../../config/config.ts";
import { html, type Markup } from "./_html.ts";
import type { RunDetails } from "./report_input.ts";
import { table } from "./_table.ts";

/** The configuration in force, folded up. */
export function settings(config: Config): Markup {
  return html`
    <details>
      <summary>All settings of the run, as JSON</summary>
      <pre tabindex="0">${JSON.stringify(config, null, 2)}</pre>
    </details>
  `;
}

/** Versions, backend and timings. */
export function runDetails({ versions, backend, stages }: RunDetails): Markup {
  const total = stages.reduce((sum, { seconds }) => sum + seconds, 0);
  return html`
    <dl class="facts">
      <div><dt>Backend</dt><dd>${backend
        ? html`${backend.name} ${backend.version} <small>${backend.reason}${
          backend.advice && html`; faster: ${backend.advice}`
        }</small>`
        : "not needed"}</dd></div>
      ${Object.entries(versions).map(([name, version]) =>
        html`
          <div>
            <dt>${name}</dt>
            <dd>${version}</dd>
          </div>
        `
      )}
    </dl>
    ${table({
      caption: `Time by stage, ${time(total)} in all`,
      head: ["Stage", "made", "time", "share", "peak memory"],
      rows: stages.map(({ stage, made, seconds, peakMemory }) => {
        const share = total > 0 ? 100 * seconds / total : 0;
        const memory = `${(peakMemory / 2 ** 30).toFixed(2)} GiB`;
        return { name: stage, cells: [String(made), time(seconds), { text: `${share.toFixed(0)} %`, share }, memory] };
      }),
    })}
  `;
}

function time(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  const rest = `${String(Math.floor(seconds % 60)).padStart(2, "0")} s`;
  return minutes < 60 ? `${minutes} min ${rest}` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
