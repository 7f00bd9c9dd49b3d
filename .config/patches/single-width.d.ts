export const singleWidthClass: string;
export const plainSegmenter: Pick<Intl.Segmenter, "segment">;
