import { Skeleton } from "@mantine/core";
import { type ReactNode, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { troubleCode } from "../lib/client/index.ts";
import { useConnection } from "../lib/data/client-context.tsx";
import { useFormat } from "../lib/data/use-format.ts";
import { useNow } from "../lib/data/use-now.ts";
import css from "./state-boundary.module.css";
import { Trouble } from "./trouble.tsx";

/** What `useAsk` returns, as far as it matters here. */
export type Asked<T> = {
  readonly data: T | undefined;
  readonly error: unknown;
  readonly dataUpdatedAt: number;
  readonly refetch: () => unknown;
};

type Props<T> = {
  readonly asked: Asked<T>;
  /** Drawn instead of the content when `isEmpty` says there is nothing to show. */
  readonly empty?: ReactNode;
  readonly isEmpty?: (data: T) => boolean;
  /** The shape of the content to come; grey lines when not given. */
  readonly skeleton?: ReactNode;
  readonly children: (data: T) => ReactNode;
};

const QUIET_ms = 150;

/**
 * One part of a page in any of its states: empty, loading, error, stale, no permission. Stale content stays, hatched and
 * with its age; loading shows nothing for a moment, then the shape of what comes.
 */
export function StateBoundary<T>({ asked, empty, isEmpty, skeleton, children }: Props<T>) {
  const { state } = useConnection();
  const { data, error } = asked;
  const retry = (): void => {
    asked.refetch();
  };
  if (data === undefined) {
    if (error !== null && error !== undefined) return <Trouble error={error} retry={retry} />;
    return <Loading skeleton={skeleton} />;
  }
  if (troubleCode(error) === "FORBIDDEN" && error !== null) return <Trouble error={error} />;
  const content = isEmpty?.(data) === true && empty !== undefined ? empty : children(data);
  const stale = state === "lost" || (error !== null && error !== undefined);
  // The same frame either way: what somebody typed outlives a lost connection.
  return (
    <div className={stale ? css["stale"] : css["fresh"]}>
      {stale && <Age since_ms={asked.dataUpdatedAt} />}
      {content}
    </div>
  );
}

/** Nothing for a moment, so that a quick answer does not flicker, then the skeleton. */
export function Loading({ skeleton }: { readonly skeleton?: ReactNode }) {
  const { t } = useTranslation();
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => {
      setShown(true);
    }, QUIET_ms);
    return () => {
      clearTimeout(timer);
    };
  }, []);
  if (!shown) return null;
  return (
    <div aria-busy="true">
      <span className="visually-hidden" role="status">
        {t("loading")}
      </span>
      {skeleton ?? (
        <div className={css["lines"]}>
          <Skeleton height={20} width="40%" />
          <Skeleton height={20} width="70%" />
          <Skeleton height={20} width="55%" />
        </div>
      )}
    </div>
  );
}

/** Old values, marked as such. `since_ms` is on the viewer's clock; 0 when they never came. */
export function Stale({ since_ms, children }: { readonly since_ms: number; readonly children: ReactNode }) {
  return (
    <div className={css["stale"]}>
      <Age since_ms={since_ms} />
      {children}
    </div>
  );
}

function Age({ since_ms }: { readonly since_ms: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  const now_ms = useNow();
  return (
    <p className={css["age"]} role="status">
      {t("stale", { age: format.age(now_ms - since_ms) })}
    </p>
  );
}
