import { useRef } from "react";
import { useTranslation } from "react-i18next";
import { IconPlug, IconPlugConnected } from "../../components/icons.ts";
import { useFormat } from "../../lib/data/use-format.ts";
import css from "./circuit-diagram.module.css";
import { type CircuitNode, equalFuse_mA } from "./circuit-view.ts";
import { PhaseBar } from "./phase-bar.tsx";
import { useTreeKeys } from "./use-tree-keys.ts";

type Props = {
  readonly roots: readonly CircuitNode[];
  /** The circuit whose chargers are shown alone; `null`: all. */
  readonly selected: string | null;
  readonly onSelect: (circuitId: string | null) => void;
};

/** The one-line diagram: from the grid through every fuse down to the circuits that chargers hang on. */
export function CircuitDiagram({ roots, selected, onSelect }: Props) {
  const { t } = useTranslation("live");
  const tree = useRef<HTMLUListElement>(null);
  useTreeKeys(tree);
  return (
    <ul className={css["tree"]} role="tree" aria-label={t("diagram.title")} ref={tree}>
      {roots.map((node, index) => (
        <Branch key={node.circuit.circuitId} node={node} level={1} tabbable={index === 0} {...{ selected, onSelect }} />
      ))}
    </ul>
  );
}

type BranchProps = {
  readonly node: CircuitNode;
  readonly level: number;
  readonly tabbable: boolean;
  readonly selected: string | null;
  readonly onSelect: (circuitId: string | null) => void;
};

function Branch({ node, level, tabbable, selected, onSelect }: BranchProps) {
  const { circuit, children } = node;
  const isSelected = circuit.circuitId === selected;
  const toggle = (): void => {
    onSelect(isSelected ? null : circuit.circuitId);
  };
  return (
    <li className={css["branch"]} role="none">
      <div
        className={css["node"]}
        role="treeitem"
        aria-level={level}
        aria-selected={isSelected}
        {...(children.length > 0 ? { "aria-expanded": true } : {})}
        tabIndex={tabbable ? 0 : -1}
        data-selected={isSelected}
        data-mode={circuit.mode}
        onClick={toggle}
        onKeyDown={(event) => {
          if (event.key !== "Enter" && event.key !== " ") return;
          event.preventDefault();
          toggle();
        }}
      >
        <NodeHead node={node} root={level === 1} />
        {node.phases.map((bar) => (
          <PhaseBar key={bar.phase} bar={bar} calculated={circuit.mode === "calculated"} />
        ))}
        <ModeNote node={node} />
      </div>
      {children.length > 0 && (
        <ul className={css["children"]} role="group">
          {children.map((child) => (
            <Branch
              key={child.circuit.circuitId}
              node={child}
              level={level + 1}
              tabbable={false}
              {...{ selected, onSelect }}
            />
          ))}
        </ul>
      )}
    </li>
  );
}

function NodeHead({ node, root }: { readonly node: CircuitNode; readonly root: boolean }) {
  const { t } = useTranslation("live");
  const format = useFormat();
  const { circuit } = node;
  const same_mA = equalFuse_mA(circuit);
  const HeadIcon = root ? IconPlugConnected : IconPlug;
  return (
    <div className={css["head"]}>
      <HeadIcon size={18} stroke={1.75} aria-hidden />
      <span className={css["name"]}>{circuit.name}</span>
      <span className={css["fuse"]}>
        {same_mA === null
          ? `${circuit.fuse_mA.map((fuse_mA) => format.currentValue(fuse_mA)).join("/")} A`
          : `3 × ${format.current(same_mA)}`}
      </span>
      <span className={css["count"]}>{t("diagram.chargers", { count: node.stationCount })}</span>
    </div>
  );
}

/** Says where the numbers come from when that is not a fresh meter. */
function ModeNote({ node: { circuit } }: { readonly node: CircuitNode }) {
  const { t } = useTranslation("live");
  const format = useFormat();
  switch (circuit.mode) {
    case "measured":
      return null;
    case "calculated":
      return <p className={css["note"]}>{t("diagram.calculated")}</p>;
    case "fallback":
      return (
        <p className={css["alarm"]}>
          {circuit.meterAge_ms === null
            ? t("diagram.fallbackNever")
            : t("diagram.fallback", { age: format.age(circuit.meterAge_ms) })}
        </p>
      );
  }
}
