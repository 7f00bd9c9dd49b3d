// How many rows the sheet at the lower edge takes.

import type { Layer } from "./view.ts";

/** With both edges of its frame. */
export function sheetHeight(layer: Layer | undefined): number {
  switch (layer?.type) {
    case "confirm":
      return layer.lines.length + 3;
    case "scope":
      return 6;
    case "form":
      return (
        layer.fields.length +
        layer.about.length +
        3 +
        (layer.purpose.type === "edit" ? 4 : 0) +
        (layer.purpose.type === "answer" ? layer.purpose.options.length : 0)
      );
    case "prompt":
      return 3;
    case "palette":
      return 11;
    default:
      return 0;
  }
}
