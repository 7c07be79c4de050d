import { Button, Checkbox, NumberInput, Select } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type SyntheticEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import type { DeviceSettings, ProfileFacts, ShownSettings } from "../../../contract/index.ts";
import { IconArrowLeft } from "../../components/icons.ts";
import { LinkButton } from "../../components/link-button.tsx";
import { Card, Page } from "../../components/page.tsx";
import { StateBoundary } from "../../components/state-boundary.tsx";
import { Naming, Wiring } from "../../features/stations/adopt-fields.tsx";
import { keepsLastLimit, nextStationId } from "../../features/stations/adopt-view.ts";
import { useApi } from "../../lib/data/client-context.tsx";
import { useCircuits, useLiveStore } from "../../lib/data/live-store.ts";
import { useAsk } from "../../lib/data/use-ask.ts";
import { CircuitChoice } from "./circuit-choice.tsx";
import { NO_CIRCUIT } from "./adopt-found-view.ts";
import {
  type DeviceForm,
  emptyForm,
  type FormField,
  formMistakes,
  formOf,
  saveInput,
  withProfile,
} from "./device-form-view.ts";
import { ChangeRefused } from "./device-refused.tsx";
import { OtherLoad } from "./other-load.tsx";
import { TryDevice } from "./device-try.tsx";
import { type FieldProps, Whole, WireFields } from "./device-wire-fields.tsx";
import css from "./devices.module.css";

/** A device that no scan finds, described by hand. */
export function AddDevice() {
  const { t } = useTranslation("devices");
  const stations = useLiveStore((state) => state.stationIds);
  const circuits = useCircuits();
  const asked = useAsk(["devices", "profiles"], (api, signal) => api.devices.profiles(undefined, { signal }));
  const listed = useAsk(["devices", "list"], (api, signal) => api.devices.list(undefined, { signal }));
  return (
    <Page title={t("form.addTitle")} lead={t("form.addLead")} actions={<Back />}>
      <StateBoundary asked={asked}>
        {(profiles) => (
          <Editor
            first={emptyForm(nextStationId(stations), circuits.at(-1)?.circuitId ?? "")}
            version={null}
            profiles={profiles}
            taken={(kind) => (listed.data ?? []).filter((one) => one.kind === kind).map(({ id }) => id)}
            hasPassword={false}
            alsoOnWire={[]}
            unwatched={null}
          />
        )}
      </StateBoundary>
    </Page>
  );
}

/** Everything of a device of the site, to be set anew. */
export function ChangeDevice({ kind, id }: Pick<DeviceSettings, "kind" | "id">) {
  const { t } = useTranslation("devices");
  const profiles = useAsk(["devices", "profiles"], (api, signal) => api.devices.profiles(undefined, { signal }));
  const asked = useAsk(["devices", "settings", kind, id], (api, signal) =>
    api.devices.settings({ kind, id }, { signal }),
  );
  return (
    <Page
      title={t("form.changeTitle", { name: asked.data?.settings.name ?? id })}
      lead={t("form.changeLead")}
      actions={<Back kind={kind} id={id} />}
    >
      <StateBoundary asked={profiles}>
        {(known) => (
          <StateBoundary asked={asked}>
            {({ settings, version, hasPassword, alsoOnWire, unwatched }) => (
              <Editor
                key={version}
                first={formOf(settings)}
                version={version}
                profiles={known}
                taken={() => []}
                hasPassword={hasPassword}
                alsoOnWire={alsoOnWire}
                unwatched={unwatched}
              />
            )}
          </StateBoundary>
        )}
      </StateBoundary>
    </Page>
  );
}

function Back({ kind, id }: Partial<Pick<DeviceSettings, "kind" | "id">>) {
  const { t } = useTranslation("devices");
  return (
    <LinkButton
      variant="default"
      to="/devices"
      search={id === undefined ? {} : { kind, device: id }}
      leftSection={<IconArrowLeft size={18} stroke={1.75} aria-hidden />}
    >
      {t(id === undefined ? "page.back" : "form.back")}
    </LinkButton>
  );
}

type EditorProps = {
  readonly first: DeviceForm;
  /** `null`: the device is new. */
  readonly version: string | null;
  readonly profiles: readonly ProfileFacts[];
  readonly taken: (kind: DeviceSettings["kind"]) => readonly string[];
  readonly hasPassword: boolean;
  readonly alsoOnWire: readonly string[];
  readonly unwatched: ShownSettings["unwatched"];
};

function Editor({ first, version, profiles, taken, hasPassword, alsoOnWire, unwatched }: EditorProps) {
  const { t } = useTranslation("devices");
  const [form, setForm] = useState(first);
  const [shown, setShown] = useState(false);
  const profile = profiles.find(({ id }) => id === form.profileId);
  const mistakes = formMistakes(form, version === null ? taken(form.kind) : []);
  const isRight = Object.keys(mistakes).length === 0;
  const { mutate, isPending, error } = useSave(form, version);
  const set = (patch: Partial<DeviceForm>): void => {
    setForm((before) => ({ ...before, ...patch }));
  };
  const wrong = useWrong(shown ? mistakes : {});
  const choose = (id: string | null): void => {
    const chosen = profiles.find((one) => one.id === id);
    if (chosen !== undefined) set(version === null ? newAs(form, chosen, taken("meter")) : withProfile(form, chosen));
  };
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    setShown(true);
    if (isRight) mutate();
  };
  const fields = { form, set, wrong };
  return (
    <form className={css["stack"]} onSubmit={submit} noValidate>
      <div className={css["pair"]}>
        <div className={css["stack"]}>
          <Card title={t("form.what")}>
            <div className={css["stack"]}>
              {form.ocpp === null && (
                <ProfileChoice
                  profiles={profiles}
                  form={form}
                  isNew={version === null}
                  wrong={wrong}
                  onChoose={choose}
                />
              )}
              <WireFields {...fields} profile={profile} hasPassword={hasPassword} />
              {alsoOnWire.length > 0 && <OthersMove form={form} set={set} others={alsoOnWire} />}
            </div>
          </Card>
          {form.ocpp === null && form.profileId !== null && (
            <TryDevice
              form={form}
              isRight={isRight}
              onWrong={() => {
                setShown(true);
              }}
            />
          )}
        </div>
        <Card title={t("form.place")}>
          <div className={css["stack"]}>
            <SitePlace {...fields} isNew={version === null} unwatched={unwatched} profile={profile ?? null} />
          </div>
        </Card>
      </div>
      {error !== null && <ChangeRefused error={error} />}
      {shown && !isRight && <p role="alert">{t("form.incomplete")}</p>}
      <p className={css["muted"]}>{t("adopt.restart")}</p>
      <div className={css["tools"]}>
        <Button type="submit" loading={isPending}>
          {t(version === null ? "form.add" : "form.save")}
        </Button>
      </div>
    </form>
  );
}

/** A meter that is new has another letter, and measures nothing until that is said. */
function newAs(form: DeviceForm, profile: ProfileFacts, meters: readonly string[]): DeviceForm {
  const next = withProfile(form, profile);
  if (next.kind === form.kind) return next;
  const id = nextStationId(meters, "M");
  return next.kind === "meter" ? { ...next, id, name: id, circuitId: NO_CIRCUIT } : next;
}

/** Stores the device, then shows it. */
function useSave(form: DeviceForm, version: string | null) {
  const api = useApi();
  const queries = useQueryClient();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: () => api.devices.save(saveInput(form, version)),
    onSuccess: async ({ id }) => {
      await queries.invalidateQueries({ queryKey: ["devices"] });
      await navigate({ to: "/devices", search: { kind: form.kind, device: id } });
    },
  });
}

function useWrong(mistakes: ReturnType<typeof formMistakes>): FieldProps["wrong"] {
  const { t } = useTranslation("devices");
  const { t: tSettings } = useTranslation("settings");
  return (field: FormField) => {
    const mistake = mistakes[field];
    if (mistake === undefined) return null;
    return mistake === "number" ? t("form.number") : tSettings(`adopt.mistake.${mistake}`);
  };
}

type ChoiceProps = Pick<FieldProps, "form" | "wrong"> & {
  readonly profiles: readonly ProfileFacts[];
  readonly isNew: boolean;
  readonly onChoose: (id: string | null) => void;
};

/** All profiles of chargers and meters, found by maker, model or id; what a device is stays what it is. */
function ProfileChoice({ profiles, form, isNew, wrong, onChoose }: ChoiceProps) {
  const { t } = useTranslation("devices");
  const kind = form.kind === "station" ? "charger" : "meter";
  const meant = profiles.filter((one) => isNew || one.kind === kind);
  const chosen = profiles.find(({ id }) => id === form.profileId);
  const groups = (["charger", "meter"] as const).map((one) => ({
    group: t(`form.profiles.${one}`),
    items: meant
      .filter((profile) => profile.kind === one)
      .map(({ id, vendor, models }) => ({ value: id, label: `${vendor} ${models.join(", ")} (${id})` })),
  }));
  return (
    <Select
      label={t("adopt.profile")}
      description={chosen === undefined ? t("form.profileHint") : t(`form.evidence.${evidenceOf(chosen)}`)}
      searchable
      allowDeselect={false}
      nothingFoundMessage={t("form.noProfile")}
      value={form.profileId}
      error={wrong("profileId")}
      data={groups.filter(({ items }) => items.length > 0)}
      onChange={onChoose}
    />
  );
}

const EVIDENCE = ["vendor-doc", "vendor-doc-multi", "vendor-source", "multi"] as const;
const evidenceOf = ({ evidence }: ProfileFacts) =>
  EVIDENCE.find((one) => one === evidence.replace("+", "-")) ?? "single";

type OthersProps = Pick<FieldProps, "form" | "set"> & { readonly others: readonly string[] };

function OthersMove({ form, set, others }: OthersProps) {
  const { t } = useTranslation("devices");
  return (
    <Checkbox
      label={t("form.othersMove")}
      description={t("form.othersMoveHint", { names: others.join(", ") })}
      checked={form.othersMove}
      onChange={(event) => {
        set({ othersMove: event.currentTarget.checked });
      }}
    />
  );
}

/** Its name, its fuse and what it may draw; of a meter what it measures. */
function SitePlace({
  form,
  set,
  wrong,
  isNew,
  unwatched,
  profile,
}: FieldProps & { readonly isNew: boolean; readonly profile: ProfileFacts | null } & Pick<EditorProps, "unwatched">) {
  const isMeter = form.kind === "meter";
  return (
    <>
      <Naming form={form} set={set} wrong={wrong} hasId={isNew} />
      <CircuitChoice isMeter={isMeter} form={form} set={set} wrong={wrong} />
      {unwatched !== null && form.circuitId !== unwatched.circuitId && (
        <OtherLoad
          circuit={unwatched.name}
          value={form.otherLoad_A}
          onChange={(otherLoad_A) => {
            set({ otherLoad_A });
          }}
        />
      )}
      {!isMeter && (
        <>
          <Wiring form={form} set={set} wrong={wrong} keepsLast={keepsLastLimit(profile)} />
          <Amps field="min_A" form={form} set={set} wrong={wrong} min={6} max={32} />
          <Amps field="step_A" form={form} set={set} wrong={wrong} min={0} max={32} />
          <Whole field="priority" form={form} set={set} wrong={wrong} min={1} max={10} />
        </>
      )}
    </>
  );
}

type AmpsProps = FieldProps & { readonly field: "min_A" | "step_A"; readonly min: number; readonly max: number };

function Amps({ field, form, set, wrong, min, max }: AmpsProps) {
  const { t } = useTranslation("devices");
  return (
    <NumberInput
      label={t(`form.${field}`)}
      description={t(`form.${field}Hint`)}
      suffix=" A"
      min={min}
      max={max}
      value={form[field]}
      error={wrong(field)}
      onChange={(value) => {
        set({ [field]: value });
      }}
    />
  );
}
