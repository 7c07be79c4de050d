import { useEffect, useRef } from "react";

export type KeyPress = {
  readonly key: string;
  readonly alt: boolean;
  readonly ctrl: boolean;
  /** The focus is in something that uses keys itself: a field, a button, a menu, a dialog. */
  readonly inControl: boolean;
};

const TAKES_TEXT = "input, textarea, select, [contenteditable=true], [role=textbox], [role=combobox]";
const TAKES_SPACE = `${TAKES_TEXT}, button, a, summary, [role=menuitem], [role=treeitem], [role=tab], [role=dialog]`;

function press(event: KeyboardEvent): KeyPress {
  const target = event.target instanceof Element ? event.target : null;
  const taken = event.key === " " ? TAKES_SPACE : `${TAKES_TEXT}, [role=dialog][aria-modal=true]`;
  return {
    key: event.key,
    alt: event.altKey,
    ctrl: event.ctrlKey || event.metaKey,
    inControl: target?.closest(taken) !== null && target !== null,
  };
}

/** Calls `onKey` for every key pressed on the page; true from it means the key was used and does nothing else. */
export function useKeys(onKey: (pressed: KeyPress) => boolean): void {
  const latest = useRef(onKey);
  useEffect(() => {
    latest.current = onKey;
  });
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.isComposing) return;
      if (latest.current(press(event))) event.preventDefault();
    };
    document.addEventListener("keydown", listen);
    return () => {
      document.removeEventListener("keydown", listen);
    };
  }, []);
}
