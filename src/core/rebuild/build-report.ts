// What a failed rebuild tells the operator and the agent: the step, what went wrong, and the build's last lines.

import { errorText } from "#core/error-text.ts";
import type { LaunchStep } from "#domain/launch/step.ts";
import { plainLine } from "#domain/plain-text.ts";

const LAST_LINES = 8;
const LINE_LENGTH = 200;
const DETAIL_LENGTH = 4000;

export interface BuildReport {
  /** Hears every step, and passes it on. */
  readonly progress: (step: LaunchStep) => void;
  /** One line. */
  readonly failure: (error: unknown) => string;
}

export function buildReport(progress: (step: LaunchStep) => void): BuildReport {
  let step: string | undefined;
  let lines: string[] = [];
  return {
    progress(report) {
      if (report.type === "step" && report.state === "started") [step, lines] = [report.step, []];
      if (report.type === "step" && report.state === "failed") ({ step } = report);
      if (report.type === "output") {
        const text = plainLine(report.text).trim().slice(0, LINE_LENGTH);
        if (text !== "") lines = [...lines, text].slice(-LAST_LINES);
      }
      progress(report);
    },
    failure(error) {
      const message = plainLine(errorText(error));
      const said = lines.filter((line) => !message.includes(line));
      const where = step === undefined || message.includes(step) ? "" : ` at "${step}"`;
      const last = said.length === 0 ? "" : `; its last lines: ${said.join(" | ")}`;
      return `failed${where}: ${message}${last}`.slice(0, DETAIL_LENGTH);
    },
  };
}
