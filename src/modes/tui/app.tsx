// The root component: keys go to the store, frames come from it. Nothing else is known here.

import { useApp, useInput, usePaste } from "ink";
import { useCallback, useEffect, useSyncExternalStore } from "react";

import { Dashboard } from "#components/dashboard.tsx";
import { plainLine } from "#domain/plain-text.ts";

import { keyNames } from "./keys.ts";
import type { Store } from "./store.ts";
import { textField } from "./view.ts";

export type InkApp = ReturnType<typeof useApp>;

export function App({ store, ready }: { store: Store; ready: (app: InkApp) => void }) {
  const scene = useSyncExternalStore(store.subscribe, store.scene);
  const app = useApp();
  useEffect(() => ready(app), [app, ready]);
  const onText = useCallback((value: string) => store.dispatch({ type: "text", value: plainLine(value) }), [store]);
  useInput((input, key) => press(store, keyNames(input, key)));
  usePaste((text) => {
    const field = textField(store.view);
    if (field !== undefined) onText(field.value + text.trimEnd());
  });
  return <Dashboard {...scene.props} onText={onText} />;
}

/** Several keys that were typed at once; when one of them opens a text field, the rest is its text. */
function press(store: Store, names: readonly string[]): void {
  const wasTyping = textField(store.view) !== undefined;
  for (const [index, name] of names.entries()) {
    store.dispatch({ type: "key", name });
    const field = textField(store.view);
    if (field === undefined || wasTyping || index === names.length - 1) continue;
    const rest = names.slice(index + 1).map((key) => (key === "space" ? " " : key));
    store.dispatch({ type: "text", value: field.value + rest.join("") });
    return;
  }
}
