/** A daemon prints this line on stdout once it listens; until then it is "starting". */
export const READY_LINE = "bottle-dash: ready";
