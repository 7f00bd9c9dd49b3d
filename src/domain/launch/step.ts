// What a launch reports as it happens.

export type LaunchStep =
  | { readonly type: "step"; readonly step: string; readonly state: "started" | "done" }
  | { readonly type: "step"; readonly step: string; readonly state: "failed"; readonly message: string }
  | { readonly type: "output"; readonly step: string; readonly text: string };
