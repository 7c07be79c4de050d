import { useEffect, useState } from "react";
import { flushSync } from "react-dom";

/** True while the page is being put on paper, so that what only paper needs is not drawn every second. */
export function usePrinting(): boolean {
  const [printing, setPrinting] = useState(() => window.matchMedia("print").matches);
  useEffect(() => {
    const media = window.matchMedia("print");
    // The browser takes the page as it stands when the listener returns.
    const set = (value: boolean) => (): void => {
      flushSync(() => {
        setPrinting(value);
      });
    };
    const [begin, end] = [set(true), set(false)];
    const follow = (): void => {
      setPrinting(media.matches);
    };
    window.addEventListener("beforeprint", begin);
    window.addEventListener("afterprint", end);
    media.addEventListener("change", follow);
    return () => {
      window.removeEventListener("beforeprint", begin);
      window.removeEventListener("afterprint", end);
      media.removeEventListener("change", follow);
    };
  }, []);
  return printing;
}
