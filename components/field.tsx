// Text fields inside a frame. A long text shows its end, where the cursor is.

import { Box } from "ink";
import TextInput from "ink-text-input";

import type { Area } from "./layout.ts";
import { Line, Lines } from "./line.tsx";
import { paneRows, type PaneFrame } from "./pane.ts";
import { BOLD, row, span, widthOf, type Row } from "./rows.ts";

export interface FieldProps {
  readonly label: string;
  readonly value: string;
  readonly hint: string;
  readonly secret?: boolean;
  /** Only the focused field gets keys. */
  readonly focus: boolean;
  readonly width: number;
  readonly onChange: (value: string) => void;
}

export function Field({ label, value, hint, secret, focus, width, onChange }: FieldProps) {
  const before = row(span("│ ", BOLD), span(focus ? "▸ " : "  "), `${label}: `);
  const used = 4 + widthOf(label) + 2;
  const inner = Math.max(1, width - used - 2);
  return (
    <Box width={width} height={1} flexShrink={0}>
      <Line row={before} width={used} />
      <Box width={inner} height={1} overflow="hidden" flexDirection="column" justifyContent="flex-end">
        <Box flexShrink={0}>
          <TextInput
            value={value}
            placeholder={hint.slice(0, inner - 1)}
            focus={focus}
            showCursor={focus}
            onChange={onChange}
            {...(secret === true ? { mask: "•" } : {})}
          />
        </Box>
      </Box>
      <Line row={row(span(" │", BOLD))} width={2} />
    </Box>
  );
}

export interface FieldPaneProps extends Area {
  readonly title: Row;
  readonly note?: Row;
  readonly fields: readonly Omit<FieldProps, "width" | "onChange">[];
  /** Under the fields, inside the same frame. */
  readonly rows: readonly Row[];
  readonly onChange: (value: string) => void;
}

/** A frame with fields at its top and rows below them. */
export function FieldPane({ width, height, title, note, fields, rows, onChange }: FieldPaneProps) {
  const frame: PaneFrame = {
    width,
    height: Math.max(2, height - fields.length),
    title,
    active: true,
    ...(note === undefined ? {} : { note }),
  };
  const [top = [], ...rest] = paneRows(frame, rows);
  return (
    <Box flexDirection="column" width={width} height={height} flexShrink={0} overflow="hidden">
      <Line row={top} width={width} />
      {fields.map((field) => (
        <Field key={field.label} {...field} width={width} onChange={onChange} />
      ))}
      <Lines rows={rest} width={width} height={rest.length} />
    </Box>
  );
}

/** Rows inside a FieldPane that are left for what is under the fields. */
export function rowsUnder(fields: number, height: number): number {
  return Math.max(0, height - fields - 2);
}
