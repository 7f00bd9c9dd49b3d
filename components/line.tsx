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

/** A box of `height` rows with the first ones of `rows`; what is empty costs nothing. */
export const Lines = memo(function Lines({
  rows,
  width,
  height,
}: {
  rows: readonly Row[];
  width: number;
  height: number;
}) {
  if (height < 1) return null;
  return (
    <Box flexDirection="column" width={width} height={height} flexShrink={0}>
      {rows.slice(0, height).map((row, index) => (
        // oxlint-disable-next-line react/no-array-index-key -- a row is its place on the screen
        <Line key={index} row={row} width={width} />
      ))}
    </Box>
  );
});
