import { useEffect, useState } from "react";

/** The viewer's clock, told again every `every_ms`. For the age of what is on the page, not for the site's time. */
export function useNow(every_ms = 1_000): number {
  const [now_ms, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => {
      setNow(Date.now());
    }, every_ms);
    return () => {
      clearInterval(timer);
    };
  }, [every_ms]);
  return now_ms;
}
