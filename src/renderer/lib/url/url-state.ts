import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";

export type RawSearch = Readonly<Record<string, unknown>>;

/** The value when it is one of `list`, else `otherwise`: what stands in an address was typed by anybody. */
export const oneOf = <T extends string>(list: readonly T[], value: unknown, otherwise: T): T =>
  list.find((item) => item === value) ?? otherwise;

/** A text of at most `length_max` characters, else `null`. Numbers count as their digits, since "7" comes back as 7. */
export function textOf(value: unknown, length_max = 100): string | null {
  const text = typeof value === "number" ? String(value) : value;
  return typeof text === "string" && text !== "" && text.length <= length_max ? text : null;
}

/** A whole number within the bounds, else `null`. */
export const wholeOf = (value: unknown, min: number, max: number): number | null =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= min && value <= max ? value : null;

/** The texts of a list, at most `items_max` of them; a single text is a list of one. */
export function listOf(value: unknown, items_max = 200): readonly string[] {
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  return items.flatMap((item) => textOf(item) ?? []).slice(0, items_max);
}

export type UrlStateChange<T> = (patch: Partial<T>, how?: { readonly replace?: boolean }) => void;

/**
 * A screen's state that lives in the address, so a copied link shows the same view and Back works. `parse` turns what the
 * address holds into complete state. Fields set to `null`, to "" or to what `parse({})` gives are left out of the address.
 * `parse` must be defined outside the component.
 */
export function useUrlState<T extends Readonly<Record<string, unknown>>>(
  parse: (raw: RawSearch) => T,
): readonly [T, UrlStateChange<T>] {
  const raw: RawSearch = useSearch({ strict: false });
  const navigate = useNavigate();
  const state = useMemo(() => parse(raw), [parse, raw]);
  const change = useCallback<UrlStateChange<T>>(
    (patch, how) => {
      void navigate({
        to: ".",
        replace: how?.replace ?? false,
        search: (previous: RawSearch) => shortened({ ...previous, ...patch }, parse({})),
      });
    },
    [navigate, parse],
  );
  return [state, change];
}

/** What must stand in the address: everything but the defaults. */
export function shortened(state: RawSearch, defaults: RawSearch): RawSearch {
  return Object.fromEntries(
    Object.entries(state).filter(
      ([key, value]) =>
        value !== undefined &&
        value !== null &&
        value !== "" &&
        JSON.stringify(value) !== JSON.stringify(defaults[key]),
    ),
  );
}
