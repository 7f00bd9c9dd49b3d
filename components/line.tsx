// Rows on the screen: each is one Text of exactly its columns, so that a frame can never grow beyond the terminal.

import { Box, Text } from "ink";
import { createContext, memo, useContext } from "react";

import { fitRow, paint, type Row } from "./rows.ts";

/** Whether colours may be used (NO_COLOR). */
export const ColorContext = createContext(true);

export const Line = memo(function Line({ row, width }: { row: Row; width: number }) {
  const color = useContext(ColorContext);
  if (width < 1) return null;
  return <Text wrap="truncate">{paint(fitRow(row, width), color)}</Text>;
});

/** `height` rows: the first ones of `rows`, then empty ones. */
export const Lines = memo(function Lines({ rows, width, height }: { rows: readonly Row[]; width: number; height: number }) {
  if (height < 1) return null;
  return (
    <Box flexDirection="column" width={width} height={height} flexShrink={0}>
      {Array.from({ length: height }, (_, index) => (
        <Line key={index} row={rows[index] ?? EMPTY} width={width} />
      ))}
    </Box>
  );
});

const EMPTY: Row = [];
