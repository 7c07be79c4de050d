import { type RefObject, useEffect } from "react";

/** Arrow keys, Home and End move the focus through the items of a `role="tree"`, as the ARIA pattern asks. */
export function useTreeKeys(tree: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const root = tree.current;
    if (root === null) return undefined;
    const move = (event: KeyboardEvent): void => {
      const items = [...root.querySelectorAll<HTMLElement>("[role=treeitem]")];
      const at = items.findIndex((item) => item === document.activeElement);
      if (at === -1) return;
      const to = target(event.key, items, at);
      if (to === undefined) return;
      event.preventDefault();
      for (const item of items) item.tabIndex = item === to ? 0 : -1;
      to.focus();
    };
    root.addEventListener("keydown", move);
    return () => {
      root.removeEventListener("keydown", move);
    };
  }, [tree]);
}

const levelOf = (item: HTMLElement | undefined): number => Number(item?.ariaLevel ?? 0);

function target(key: string, items: readonly HTMLElement[], at: number): HTMLElement | undefined {
  const level = levelOf(items[at]);
  switch (key) {
    case "ArrowDown":
      return items[at + 1];
    case "ArrowUp":
      return items[at - 1];
    case "Home":
      return items[0];
    case "End":
      return items.at(-1);
    case "ArrowRight":
      return levelOf(items[at + 1]) > level ? items[at + 1] : undefined;
    case "ArrowLeft":
      return items.slice(0, at).findLast((item) => levelOf(item) < level);
    default:
      return undefined;
  }
}
