// One line with a text field inside a frame. A long text shows its end, where the cursor is.

import { Box } from "ink";
import TextInput from "ink-text-input";

import { Line } from "./line.tsx";
import { DIM, row, span, widthOf } from "./rows.ts";

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
  const before = row(span("│ ", DIM), span(focus ? "▸ " : "  "), `${label}: `);
  const used = 4 + widthOf(label) + 2;
  const inner = Math.max(1, width - used - 2);
  return (
    <Box width={width} height={1} flexShrink={0}>
      <Line row={before} width={used} />
      <Box width={inner} height={1} overflow="hidden" flexDirection="column" justifyContent="flex-end">
        <Box flexShrink={0}>
          <TextInput value={value} placeholder={hint.slice(0, inner - 1)} focus={focus} showCursor={focus} onChange={onChange} {...(secret === true ? { mask: "•" } : {})} />
        </Box>
      </Box>
      <Line row={row(span(" │", DIM))} width={2} />
    </Box>
  );
}
