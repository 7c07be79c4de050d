import { Button, Modal, PasswordInput, Select, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type SyntheticEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import type { ProfileFacts } from "../../../contract/index.ts";
import { StateBoundary } from "../../components/state-boundary.tsx";
import { Naming, Wiring } from "../../features/stations/adopt-fields.tsx";
import {
  type AdoptField,
  type AdoptForm,
  adoptMistakes,
  keepsLastLimit,
  nextStationId,
} from "../../features/stations/adopt-view.ts";
import { troubleCode } from "../../lib/client/index.ts";
import { useApi } from "../../lib/data/client-context.tsx";
import { useCircuits, useLiveStore } from "../../lib/data/live-store.ts";
import { useAsk } from "../../lib/data/use-ask.ts";
import { adoptRequest, currentsOf, type Login, meterForm, profilesFor } from "./adopt-found-view.ts";
import { CircuitChoice } from "./circuit-choice.tsx";
import { ChangeRefused } from "./device-refused.tsx";
import css from "./devices.module.css";
import type { Find } from "./scan-state.ts";

type Props = { readonly find: Find; readonly onClose: () => void; readonly onAdopted: () => void };

/** Gives a device that a scan found a place on the site. */
export function AdoptFound({ find, onClose, onAdopted }: Props) {
  const { t } = useTranslation("devices");
  const { t: tCommon } = useTranslation();
  const asked = useAsk(["devices", "profiles"], (api, signal) => api.devices.profiles(undefined, { signal }));
  return (
    <Modal opened onClose={onClose} title={t("adopt.title")} closeButtonProps={{ "aria-label": tCommon("close") }}>
      <StateBoundary asked={asked}>
        {(profiles) => (
          <FoundForm find={find} profiles={profilesFor(find, profiles)} onClose={onClose} onAdopted={onAdopted} />
        )}
      </StateBoundary>
    </Modal>
  );
}

function FoundForm({ find, profiles, onClose, onAdopted }: Props & { readonly profiles: readonly ProfileFacts[] }) {
  const { t } = useTranslation("devices");
  const { t: tCommon } = useTranslation();
  const { t: tSettings } = useTranslation("settings");
  const api = useApi();
  const queries = useQueryClient();
  const stations = useLiveStore((state) => state.stationIds);
  const circuits = useCircuits();
  const [profile, setProfile] = useState(profiles.length === 1 ? (profiles[0] ?? null) : null);
  const [shown, setShown] = useState(false);
  const [login, setLogin] = useState<Login>({ user: "", password: "" });
  const [form, setForm] = useState<AdoptForm>(() => firstForm(profile, stations, circuits.at(-1)?.circuitId ?? ""));
  const isMeter = profile?.kind === "meter";
  const mistakes = adoptMistakes(isMeter ? meterForm(form) : form, isMeter ? [] : stations);
  const { mutate, isPending, error } = useMutation({
    mutationFn: (chosen: ProfileFacts) => api.devices.adopt(adoptRequest(find, chosen, form, login)),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["devices"] });
      onAdopted();
    },
  });
  const set = (patch: Partial<AdoptForm>): void => {
    setForm((before) => ({ ...before, ...patch }));
  };
  const wrong = (field: AdoptField): string | null => {
    const mistake = mistakes[field];
    return shown && mistake !== undefined ? tSettings(`adopt.mistake.${mistake}`) : null;
  };
  const choose = (id: string | null): void => {
    const chosen = profiles.find((one) => one.id === id) ?? null;
    setProfile(chosen);
    setForm((before) => ({ ...firstForm(chosen, stations, before.circuitId), name: before.name }));
  };
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    setShown(true);
    if (profile !== null && Object.keys(mistakes).length === 0) mutate(profile);
  };
  return (
    <form className={css["stack"]} onSubmit={submit} noValidate>
      <ProfileChoice
        profiles={profiles}
        profile={profile}
        error={shown && profile === null ? tSettings("adopt.mistake.required") : null}
        onChoose={choose}
      />
      <Naming form={form} set={set} wrong={wrong} />
      <CircuitChoice isMeter={isMeter} form={form} set={set} wrong={wrong} />
      {!isMeter && <Wiring form={form} set={set} wrong={wrong} keepsLast={keepsLastLimit(profile)} />}
      {find.at.kind === "http" && <LoginFields login={login} onChange={setLogin} />}
      {error !== null && <Refused error={error} />}
      <p className={css["muted"]}>{t("adopt.restart")}</p>
      <div className={css["tools"]}>
        <Button variant="default" onClick={onClose}>
          {tCommon("cancel")}
        </Button>
        <Button type="submit" loading={isPending}>
          {t("adopt.save")}
        </Button>
      </div>
    </form>
  );
}

type ProfileChoiceProps = {
  readonly profiles: readonly ProfileFacts[];
  readonly profile: ProfileFacts | null;
  readonly error: string | null;
  readonly onChoose: (id: string | null) => void;
};

function ProfileChoice({ profiles, profile, error, onChoose }: ProfileChoiceProps) {
  const { t } = useTranslation("devices");
  return (
    <Select
      label={t("adopt.profile")}
      description={t("adopt.profileHint")}
      searchable
      allowDeselect={false}
      value={profile?.id ?? null}
      error={error}
      data={profiles.map(({ id }) => id)}
      onChange={onChoose}
    />
  );
}

type LoginProps = { readonly login: Login; readonly onChange: (login: Login) => void };

function LoginFields({ login, onChange }: LoginProps) {
  const { t } = useTranslation("devices");
  return (
    <>
      <TextInput
        label={t("adopt.user")}
        description={t("adopt.userHint")}
        value={login.user}
        onChange={(event) => {
          onChange({ ...login, user: event.currentTarget.value });
        }}
      />
      <PasswordInput
        label={t("adopt.password")}
        value={login.password}
        onChange={(event) => {
          onChange({ ...login, password: event.currentTarget.value });
        }}
      />
    </>
  );
}

function Refused({ error }: { readonly error: Error }) {
  const { t } = useTranslation("devices");
  return troubleCode(error) === "CONFLICT" ? (
    <p role="alert">{t("adopt.conflict")}</p>
  ) : (
    <ChangeRefused error={error} />
  );
}

function firstForm(profile: ProfileFacts | null, stations: readonly string[], circuitId: string): AdoptForm {
  const id = profile?.kind === "meter" ? "" : nextStationId(stations);
  const currents = profile === null ? { max_A: 16, fallback_A: 6 } : currentsOf(profile);
  return { id, name: id, circuitId, phases: 3, rotation: "L1L2L3", ...currents };
}
