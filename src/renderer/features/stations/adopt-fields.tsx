import { NumberInput, SegmentedControl, Select, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { type AdoptField, type AdoptForm, ROTATIONS } from "./adopt-view.ts";

type PartProps = {
  readonly form: AdoptForm;
  readonly set: (patch: Partial<AdoptForm>) => void;
  readonly wrong: (field: AdoptField) => string | null;
};

/** What a device is called; its id is given once. */
export function Naming({ form, set, wrong, hasId = true }: PartProps & { readonly hasId?: boolean }) {
  const { t } = useTranslation("settings");
  return (
    <>
      <TextInput
        data-autofocus
        disabled={!hasId}
        label={t("adopt.id")}
        description={t("adopt.idHint")}
        value={form.id}
        error={wrong("id")}
        onChange={(event) => {
          set({ id: event.currentTarget.value });
        }}
      />
      <TextInput
        label={t("adopt.name")}
        value={form.name}
        error={wrong("name")}
        onChange={(event) => {
          set({ name: event.currentTarget.value });
        }}
      />
    </>
  );
}

/** How a new charger is wired and what it may draw; `keepsLast`: it cannot be told a safe current. */
export function Wiring({ form, set, wrong, keepsLast = false }: PartProps & { readonly keepsLast?: boolean }) {
  const { t } = useTranslation("settings");
  const choosePhases = (value: string): void => {
    const phases = value === "1" ? 1 : value === "2" ? 2 : 3;
    set({ phases, rotation: ROTATIONS[phases][0] ?? "L1L2L3" });
  };
  return (
    <>
      <SegmentedControl
        aria-label={t("adopt.phases")}
        value={String(form.phases)}
        data={(["1", "2", "3"] as const).map((value) => ({
          value,
          label: t("adopt.phaseCount", { count: Number(value) }),
        }))}
        onChange={choosePhases}
      />
      <Select
        label={t("adopt.rotation")}
        description={t("adopt.rotationHint")}
        allowDeselect={false}
        value={form.rotation}
        data={ROTATIONS[form.phases].map((value) => value)}
        onChange={(value) => {
          set({ rotation: value ?? form.rotation });
        }}
      />
      <NumberInput
        label={t("adopt.max")}
        suffix=" A"
        min={6}
        max={80}
        value={form.max_A}
        error={wrong("max_A")}
        onChange={(max_A) => {
          set({ max_A });
        }}
      />
      <NumberInput
        label={t("adopt.fallback")}
        description={t(keepsLast ? "adopt.fallbackLast" : "adopt.fallbackHint")}
        suffix=" A"
        min={0}
        max={80}
        value={form.fallback_A}
        error={wrong("fallback_A")}
        onChange={(fallback_A) => {
          set({ fallback_A });
        }}
      />
    </>
  );
}
