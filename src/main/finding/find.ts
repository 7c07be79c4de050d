/** Where a device was found; the words are those of the site file. */
export type FoundAt =
  | {
      readonly kind: "serial";
      readonly path: string;
      readonly baud: number;
      readonly parity: "none" | "even" | "odd";
      readonly dataBits: 7 | 8;
      readonly stopBits: 1 | 2;
      readonly unitId: number;
    }
  | {
      readonly kind: "modbus-tcp" | "rtu-over-tcp" | "udp";
      readonly host: string;
      readonly port: number;
      readonly unitId: number;
    }
  | { readonly kind: "http"; readonly host: string; readonly port: number };

export type Find = {
  readonly at: FoundAt;
  /** The profile that fits best; `null` when none does, or several do equally. */
  readonly profileId: string | null;
  /** All that fit, best first. */
  readonly candidates: readonly string[];
  readonly model: string | null;
  readonly serial: string | null;
  /** Two devices seem to answer under this one address: give one of them another. */
  readonly clash?: true;
};

/** What a scan says while it runs. `total` may shrink when a find makes other tries needless. */
export type ScanEvent =
  | { readonly kind: "progress"; readonly done: number; readonly total: number }
  | { readonly kind: "found"; readonly find: Find }
  /** The scan could not begin or go on. */
  | { readonly kind: "failed"; readonly detail: string };

/** Profiles named in a find at most. */
const CANDIDATES_MAX = 5;

export type Fit = {
  readonly profileId: string;
  readonly score: number;
  readonly model: string | null;
  readonly serial: string | null;
};

/** The find that `fits` make together; equal scores leave the choice to the person. */
export function findOf(at: FoundAt, fits: readonly Fit[]): Find {
  const ordered = fits.toSorted((a, b) => b.score - a.score || a.profileId.localeCompare(b.profileId));
  const [best, second] = ordered;
  const isClear = best !== undefined && best.score > (second?.score ?? -Infinity);
  return {
    at,
    profileId: isClear ? best.profileId : null,
    candidates: ordered.slice(0, CANDIDATES_MAX).map((fit) => fit.profileId),
    model: best?.model ?? null,
    serial: best?.serial ?? null,
  };
}
